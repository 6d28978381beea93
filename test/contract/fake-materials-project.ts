import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { generatedDocument, generatedSummary, type Summary } from './fake-materials.js';

/** What goes wrong with a request. */
export type Fault = 'rate-limited' | 'blocked' | 'timeout' | 'gateway' | 'truncated' | 'slow-drip' | 'html' | 'dropped';

export interface FakeDatabase {
  /** How many generated materials. */
  materials: number;
  key?: string;
  version?: string;
  /** Decides for each data request, counted from 1. */
  fault?: (request: number) => Fault | undefined;
  /** Heartbeat refused, as by a bot protection. */
  heartbeat?: 'ok' | 'forbidden';
  /** Called before each data request is answered. */
  before?: (request: number, server: FakeMaterialsProject) => void;
  /** Replaces the generated document of an index. */
  document?: (index: number) => Record<string, unknown> | undefined;
  /** Changes the text of every answer. */
  rewrite?: (text: string) => string;
}

/** Query parameters of the summary route that the real server knows (emmet-api). Any other is answered with 400. */
const known = new Set(
  `material_ids formula chemsys elements exclude_elements nelements nelements_min nelements_max nsites_min nsites_max energy_above_hull_min
  energy_above_hull_max is_stable is_metal theoretical deprecated crystal_system spacegroup_number spacegroup_symbol has_props ordering
  _fields _all_fields _sort_fields _skip _limit _page _per_page`.split(/\s+/),
);
const mostPerRequest = 1000;

/**
 * An HTTP server that keeps to the rules of the Materials Project's REST interface, over materials that are made up from their number: page
 * limit, unknown parameters, validation errors, keys, heartbeat, rate limits, time-outs. Order without `_sort_fields` is arbitrary, as there.
 */
export class FakeMaterialsProject {
  readonly #server: Server;
  readonly #database: FakeDatabase;
  readonly #changed = new Map<number, { lastUpdated?: string; removed?: boolean }>();
  readonly #summaries: Summary[];
  version: string;
  /** Requests by what was answered: `summary 200`, `heartbeat 200`. */
  readonly answered = new Map<string, number>();
  readonly asked: URL[] = [];
  #data = 0;

  private constructor(database: FakeDatabase) {
    this.#database = database;
    this.version = database.version ?? '2025.09.25';
    this.#summaries = Array.from({ length: database.materials }, (_, index) => generatedSummary(index)).toSorted((a, b) =>
      a.id < b.id ? -1 : 1,
    );
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  static async open(database: FakeDatabase): Promise<FakeMaterialsProject> {
    const fake = new FakeMaterialsProject(database);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get environment(): { MP_API_KEY: string; MP_API_ENDPOINT: string } {
    return {
      MP_API_KEY: this.#database.key ?? 'fake-key',
      MP_API_ENDPOINT: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
    };
  }

  get requests(): number {
    return [...this.answered.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Marks generated materials (by number) as changed at an instant, or takes them away. */
  change(indices: readonly number[], change: { lastUpdated?: string; removed?: boolean }): void {
    for (const index of indices) this.#changed.set(index, { ...this.#changed.get(index), ...change });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    this.asked.push(url);
    const [, route = 'other'] = /^\/(?:materials\/)?([a-z]+)\/?$/.exec(url.pathname) ?? [];
    const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      const name = `${route} ${status}`;
      this.answered.set(name, (this.answered.get(name) ?? 0) + 1);
      const plain = typeof body === 'string' ? body : JSON.stringify(body);
      const text = this.#database.rewrite?.(plain) ?? plain;
      const compressed = text.length >= 1000 && /gzip/.test(String(request.headers['accept-encoding']));
      response.writeHead(status, {
        'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
        ...(compressed && { 'content-encoding': 'gzip' }),
        ...headers,
      });
      response.end(compressed ? gzipSync(text, { level: 1 }) : text);
    };
    if (request.headers['user-agent'] === undefined || /^(axios|node)/i.test(request.headers['user-agent']))
      return send(403, '<html>Forbidden: unknown agent</html>');
    if (route === 'heartbeat')
      return this.#database.heartbeat === 'forbidden'
        ? send(403, '<html>Just a moment...</html>')
        : send(200, { status: 'OK', time: new Date().toISOString(), version: '0.84', db_version: this.version, suffix: '2025-09-25' });
    if (!/^\/materials\/(summary|elasticity)\/$/.test(url.pathname)) return send(404, { message: 'no Route matched with those values' });
    if (request.headers['x-api-key'] !== (this.#database.key ?? 'fake-key'))
      return send(401, { message: 'Invalid authentication credentials' });
    this.#data += 1;
    this.#database.before?.(this.#data, this);
    const fault = this.#database.fault?.(this.#data);
    if (fault !== undefined) return this.#misbehave(fault, send, response, route);
    const query = url.searchParams;
    const unknown = [...query.keys()].filter((name) => !known.has(name));
    if (unknown.length > 0) return send(400, { detail: `Request contains query parameters which cannot be used: ${unknown.join(', ')}` });
    const invalid = validationErrors(query);
    if (invalid.length > 0) return send(422, { detail: invalid });
    const limit = Number(query.get('_limit') ?? 100);
    if (limit > mostPerRequest)
      return send(400, { detail: 'Requested more data per query than allowed by this endpoint. The max limit is 1000 entries' });
    const found = this.#find(query);
    const skip = Number(query.get('_skip') ?? 0);
    const page = found.slice(skip, skip + limit).map((summary) => this.#document(summary, route, query.get('_fields')?.split(',')));
    return send(200, {
      data: page,
      meta: { api_version: '0.84', time_stamp: new Date().toISOString(), total_doc: found.length, max_limit: 1000 },
    });
  }

  async #misbehave(
    fault: Fault,
    send: (status: number, body: unknown, headers?: Record<string, string>) => void,
    response: ServerResponse,
    route: string,
  ): Promise<void> {
    const note = (name: string): void => void this.answered.set(`${route} ${name}`, (this.answered.get(`${route} ${name}`) ?? 0) + 1);
    switch (fault) {
      case 'rate-limited':
        return send(429, { detail: 'Too many requests' }, { 'retry-after': '1' });
      case 'blocked':
        return send(429, { error: 'Your IP has been (temporarily) blocked due to rate limits', version: 'blocked' });
      case 'timeout':
        return send(504, { detail: 'Server timed out trying to obtain data. Try again with a smaller request.' });
      case 'gateway':
        return send(502, '<html>Bad Gateway</html>');
      case 'html':
        return send(200, '<html>maintenance</html>');
      case 'dropped':
        note('dropped');
        response.socket?.destroy();
        return undefined;
      case 'truncated':
        note('truncated');
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"data": [{"material_id": "mp-1", "stru');
        return undefined;
      case 'slow-drip': {
        note('slow');
        response.writeHead(200, { 'content-type': 'application/json' });
        for (const letter of '{"data": [') {
          response.write(letter);
          await sleep(50);
        }
        response.socket?.destroy();
        return undefined;
      }
      default:
        throw new RangeError(String(fault satisfies never));
    }
  }

  #find(query: URLSearchParams): Summary[] {
    const list = (name: string): string[] | undefined => query.get(name)?.split(',');
    const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
    const ids = list('material_ids');
    const [elements, without, systems] = [list('elements'), list('exclude_elements'), list('chemsys')];
    const inside = (value: number, name: string): boolean =>
      value >= (number(`${name}_min`) ?? -Infinity) && value <= (number(`${name}_max`) ?? Infinity);
    const found = this.#summaries.filter(
      (it) =>
        this.#changed.get(it.index)?.removed !== true &&
        (ids === undefined || ids.includes(it.id)) &&
        (elements?.every((symbol) => it.elements.includes(symbol)) ?? true) &&
        !(without?.some((symbol) => it.elements.includes(symbol)) ?? false) &&
        (systems?.includes(it.elements.join('-')) ?? true) &&
        inside(it.elements.length, 'nelements') &&
        inside(it.nsites, 'nsites') &&
        inside(it.energyAboveHull, 'energy_above_hull') &&
        (!query.has('theoretical') || it.theoretical === (query.get('theoretical') === 'true')) &&
        (!query.has('ordering') || it.ordering === query.get('ordering')) &&
        (list('spacegroup_number')?.includes(String(it.spaceGroup)) ?? true),
    );
    const sort = query.get('_sort_fields');
    if (sort === 'material_id') return found;
    if (sort === '-last_updated') return found.toSorted((a, b) => (this.#updated(a) < this.#updated(b) ? 1 : -1));
    // Without a sort field the order is that of storage: no order at all.
    return found.toSorted((a, b) => ((a.index * 7919) % 1009) - ((b.index * 7919) % 1009));
  }

  #updated(summary: Summary): string {
    return this.#changed.get(summary.index)?.lastUpdated ?? summary.lastUpdated;
  }

  #document(summary: Summary, route: string, fields: string[] = ['material_id']): Record<string, unknown> {
    const full = { ...generatedDocument(summary), ...this.#database.document?.(summary.index), last_updated: this.#updated(summary) };
    const all: Record<string, unknown> = route === 'elasticity' ? elasticity(summary) : full;
    return Object.fromEntries(fields.flatMap((name) => (name in all ? [[name, all[name]]] : [])));
  }
}

/** Copper's constants for most, a tensor without stability for every seventh. */
function elasticity({ id, index }: Summary): Record<string, unknown> {
  const c12 = index % 7 === 0 ? 200 : 121;
  const row = (i: number): number[] => [0, 1, 2, 3, 4, 5].map((j) => (i < 3 && j < 3 ? (i === j ? 168 : c12) : i === j ? 75 : 0));
  return {
    material_id: id,
    elastic_tensor: { raw: [0, 1, 2, 3, 4, 5].map(row), ieee_format: [0, 1, 2, 3, 4, 5].map(row) },
    state: 'successful',
  };
}

function validationErrors(query: URLSearchParams): { loc: string[]; msg: string; type: string }[] {
  const errors: { loc: string[]; msg: string; type: string }[] = [];
  for (const name of ['elements', 'exclude_elements'])
    if ((query.get(name)?.length ?? 0) > 60)
      errors.push({ loc: ['query', name], msg: 'ensure this value has at most 60 characters', type: 'value_error.any_str.max_length' });
  for (const name of ['_skip', '_limit', 'nsites_min', 'nsites_max', 'nelements_min', 'nelements_max'])
    if (query.has(name) && !/^\d+$/.test(query.get(name) ?? ''))
      errors.push({ loc: ['query', name], msg: 'value is not a valid integer', type: 'type_error.integer' });
  return errors;
}
