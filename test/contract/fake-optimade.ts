import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a fake provider behaves. */
export interface FakeProvider {
  entries: unknown[];
  pageLimit?: number;
  /** Form of `links.next`. */
  link?: 'text' | 'object' | 'relative' | 'next_page' | 'without-fields';
  /** `circle` links back to the first page, `repeat` to the last page under ever new addresses, `on` past an empty page. */
  loop?: 'circle' | 'repeat' | 'on';
  total?: number | ((page: number) => number);
  sortable?: boolean;
  requestDelay?: number;
  fault?: (request: number) => { status: number; body?: unknown; retryAfter?: string } | undefined;
  notOptimade?: boolean;
}

/** A provider of OPTIMADE structures with the faults of real ones; filters are only checked for balanced quotes, not applied. */
export class FakeOptimade {
  readonly #server: Server;
  readonly #provider: FakeProvider;
  readonly asked: URL[] = [];

  private constructor(provider: FakeProvider) {
    this.#provider = provider;
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', this.url);
      this.asked.push(url);
      const { status, body, retryAfter } = this.#answer(url);
      response.writeHead(status, {
        'content-type': 'application/vnd.api+json',
        ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
      });
      response.end(JSON.stringify(body));
    });
  }

  static async open(provider: FakeProvider): Promise<FakeOptimade> {
    const fake = new FakeOptimade(provider);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(url: URL): { status: number; body: unknown; retryAfter?: string } {
    const { entries, pageLimit = 10, loop, total = entries.length, sortable = true, requestDelay, notOptimade = false } = this.#provider;
    const error = (status: number, detail: string) => ({
      status,
      body: { errors: [{ status: String(status), title: 'Error', detail }], meta: {} },
    });
    if (notOptimade) return { status: 404, body: { message: 'nothing here' } };
    if (url.pathname === '/v1/info')
      return { status: 200, body: { data: { attributes: { api_version: '1.2.0', available_licenses: ['CC-BY-4.0'] } }, meta: {} } };
    if (url.pathname !== '/v1/structures') return error(404, 'no such endpoint');
    const pages = this.asked.filter(
      ({ pathname, searchParams }) => pathname === '/v1/structures' && searchParams.get('page_limit') !== '1',
    ).length;
    const fault = this.#provider.fault?.(pages);
    if (fault !== undefined) return { body: {}, ...fault };
    const wanted = Number(url.searchParams.get('page_limit') ?? 10);
    if (wanted > 500) return error(403, 'Max allowed page_limit is 500');
    if ((url.searchParams.get('filter') ?? '').split('"').length % 2 === 0) return error(400, 'the filter does not parse');
    if (url.searchParams.has('sort') && !sortable) return error(501, 'sorting is not implemented');
    const offset = Number(url.searchParams.get('page_offset') ?? 0);
    const limit = Math.min(wanted, pageLimit);
    const data = loop === 'repeat' && offset >= entries.length ? entries.slice(-limit) : entries.slice(offset, offset + limit);
    const after = loop === 'circle' && offset + limit >= entries.length ? 0 : offset + limit;
    const more = loop !== undefined || after < entries.length;
    return {
      status: 200,
      body: {
        data,
        links: this.#links(url, more ? after : null),
        meta: {
          api_version: '1.2.0',
          data_returned: typeof total === 'number' ? total : total(pages),
          ...(loop === undefined && { more_data_available: more }),
          ...(requestDelay !== undefined && { request_delay: requestDelay }),
          database: { version: '2026.1' },
        },
      },
    };
  }

  #links(url: URL, offset: number | null): Record<string, unknown> {
    if (offset === null) return { next: null };
    const next = new URL(url);
    next.searchParams.set('page_offset', String(offset));
    switch (this.#provider.link ?? 'text') {
      case 'object':
        return { next: { href: next.href, meta: {} } };
      case 'relative':
        return { next: next.pathname + next.search };
      case 'next_page':
        return { next_page: next.href };
      case 'without-fields':
        next.searchParams.delete('response_fields');
        return { next: next.href };
      default:
        return { next: next.href };
    }
  }
}

/** A structure as providers give it: fcc copper, changed as a test needs it. */
export function fakeEntry(id: string | null, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const a = 3.6;
  return {
    id,
    type: 'structures',
    attributes: {
      chemical_formula_reduced: 'Cu',
      dimension_types: [1, 1, 1],
      lattice_vectors: [
        [a, 0, 0],
        [0, a, 0],
        [0, 0, a],
      ],
      cartesian_site_positions: [
        [0, 0, 0],
        [0, a / 2, a / 2],
        [a / 2, 0, a / 2],
        [a / 2, a / 2, 0],
      ],
      nsites: 4,
      species: [{ name: 'Cu', chemical_symbols: ['Cu'], concentration: [1] }],
      species_at_sites: ['Cu', 'Cu', 'Cu', 'Cu'],
      structure_features: [],
      last_modified: '2025-05-05T00:00:00Z',
      ...changes,
    },
    links: {},
  };
}
