import { InvalidInput, PermissionDenied } from '../../../domain/failures.js';
import { excerpt, HttpClient, notUnderstood, type Reply } from '../http.js';
import { field, listField, textField } from '../structure-file/json-value.js';

/** Between requests where the provider says nothing; the specification's own clients wait as long. */
const usualDelayMs = 1000;
/** A provider may ask for more; beyond this it is a mistake. */
const longestDelayMs = 5000;

/** One page of an answer, before anybody has looked at its entries. */
export interface OptimadeAnswer {
  data: unknown[];
  /** Absolute address of the next page. */
  next: string | null;
  more: boolean | undefined;
  returned: number | null;
  databaseVersion: string | null;
  warnings: string[];
}

/** A database that speaks OPTIMADE 1.x (https://github.com/Materials-Consortia/OPTIMADE). */
export class OptimadeClient {
  readonly base: string;
  readonly #http: HttpClient;
  #licence: Promise<string | undefined> | undefined;

  constructor(base: string) {
    this.base = base;
    this.#http = new HttpClient({
      service: `the OPTIMADE provider ${new URL(base).host}`,
      redirects: true,
      spacingMs: usualDelayMs,
      penaltySeconds: () => 60,
    });
  }

  /** Licence of the database as `/info` tells it, asked once. Throws `InvalidInput` where no OPTIMADE database answers. */
  licence(signal: AbortSignal): Promise<string | undefined> {
    const asked = (this.#licence ??= this.#info(signal));
    asked.catch(() => {
      this.#licence = undefined;
    });
    return asked;
  }

  async structures(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<OptimadeAnswer> {
    return this.page(`${this.base}/v1/structures?${new URLSearchParams(parameters).toString()}`, signal);
  }

  /** Any page by its address. */
  async page(url: string, signal: AbortSignal): Promise<OptimadeAnswer> {
    const reply = await this.#http.get(url, signal);
    if (reply.status !== 200) throw this.#refusal(reply);
    const data = listField(reply.body, 'data');
    if (data === undefined) throw notUnderstood(`the OPTIMADE provider ${new URL(url).host}`, reply, 'it holds no list "data"');
    const meta = field(reply.body, 'meta');
    const delay = field(meta, 'request_delay');
    if (typeof delay === 'number' && delay > 0) this.#http.slowDown(Math.min(delay * 1000, longestDelayMs));
    const [more, returned] = [field(meta, 'more_data_available'), field(meta, 'data_returned')];
    return {
      data,
      next: nextPage(reply),
      more: typeof more === 'boolean' ? more : undefined,
      returned: typeof returned === 'number' ? returned : null,
      databaseVersion: textField(field(meta, 'database'), 'version') ?? null,
      warnings: (listField(meta, 'warnings') ?? [])
        .slice(0, 3)
        .map((it) => textField(it, 'detail') ?? textField(it, 'title') ?? 'a warning'),
    };
  }

  async #info(signal: AbortSignal): Promise<string | undefined> {
    const reply = await this.#http.get(`${this.base}/v1/info`, signal);
    const attributes = field(field(reply.body, 'data'), 'attributes');
    if (reply.status === 200 && field(attributes, 'api_version') !== undefined) {
      const licence = field(attributes, 'license');
      const named = listField(attributes, 'available_licenses')?.find((it) => typeof it === 'string');
      return named ?? textField(attributes, 'license') ?? textField(licence, 'href');
    }
    throw new InvalidInput(`no OPTIMADE database answers there (HTTP ${reply.status}: ${excerpt(reply)})`, {
      path: 'url',
      value: this.base,
      remedy: 'Give the base address of one database, without /v1: https://providers.optimade.org lists them',
    });
  }

  /** 403 is a page limit above the provider's, 501 and 400 a filter that it does not know, 553 another major version. */
  #refusal(reply: Reply): InvalidInput | PermissionDenied {
    const details = (listField(reply.body, 'errors') ?? []).map((it) => textField(it, 'detail') ?? textField(it, 'title') ?? '');
    const detail = details.filter(Boolean).join('; ') || excerpt(reply);
    const { searchParams } = new URL(reply.url);
    if (reply.status === 401) return new PermissionDenied(`${this.base} asks for a login: ${detail}`, { path: 'url', value: this.base });
    return new InvalidInput(`the OPTIMADE provider refused the query (HTTP ${reply.status}): ${detail}`, {
      path: 'filter',
      value: searchParams.get('filter') ?? reply.url,
      remedy:
        reply.status === 403 ? `Ask for fewer structures at a time (pageLimit is ${searchParams.get('page_limit')})` : 'Change the filter',
    });
  }
}

/** `links.next` is an address, an object with one, or null; it may be relative, and some providers write `next_page` (mpds-api#48). */
function nextPage({ body, url }: Reply): string | null {
  const links = field(body, 'links');
  const link = field(links, 'next') ?? field(links, 'next_page');
  const address = typeof link === 'string' ? link : textField(link, 'href');
  if (address === undefined || address === '' || !URL.canParse(address, url)) return null;
  const next = new URL(address, url);
  // Some providers forget what was asked for (OPTIMADE#391).
  const fields = new URL(url).searchParams.get('response_fields');
  if (fields !== null && !next.searchParams.has('response_fields')) next.searchParams.set('response_fields', fields);
  return /^https?:$/.test(next.protocol) ? next.href : null;
}
