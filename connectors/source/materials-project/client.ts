import { z } from 'zod';
import { InvalidInput, PermissionDenied } from '../../../domain/failures.js';
import { materialsProjectEndpoint } from '../../../domain/source.js';
import { excerpt, HttpClient, notUnderstood, type Reply } from '../http.js';

const service = 'the Materials Project';

/** Envelope of every data answer; the rest of `meta` is of no use to us. */
const Envelope = z.object({ data: z.array(z.unknown()), meta: z.object({ total_doc: z.number().nullish() }).nullish() });

export interface Answer {
  data: unknown[];
  total: number | null;
}

/** Five requests a second, as the wider community keeps to: the project publishes no number. */
const spacingMs = 200;
/** `Your IP has been (temporarily) blocked due to rate limits` lasts minutes (mp-api#1048). */
const blockedSeconds = 300;

/** The REST interface of the Materials Project. Key and address come from the environment; the key appears in no message. */
export class MaterialsProjectClient {
  readonly #http: HttpClient;
  readonly #endpoint: string;

  /** Throws `PermissionDenied` where there is no key. */
  constructor(environment: NodeJS.ProcessEnv) {
    const key = environment['MP_API_KEY']?.trim() ?? '';
    if (key === '')
      throw new PermissionDenied('the Materials Project needs a key', {
        path: 'MP_API_KEY',
        remedy: 'Get one at https://next-gen.materialsproject.org/api and set MP_API_KEY where peierls and its workers start',
      });
    this.#endpoint = endpointOf(environment);
    this.#http = new HttpClient({
      service,
      headers: { 'x-api-key': key },
      redirects: false,
      spacingMs,
      penaltySeconds: ({ text }) => (/blocked/i.test(text) ? blockedSeconds : 10),
    });
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#http.requests;
  }

  /** One request for documents. `route` is `summary` or `elasticity`. */
  async documents(route: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    // Routes end in a slash; without it the server redirects.
    const reply = await this.#http.get(`${this.#endpoint}/materials/${route}/?${new URLSearchParams(parameters).toString()}`, signal);
    if (reply.status !== 200) throw this.#refusal(reply);
    const envelope = Envelope.safeParse(reply.body);
    if (!envelope.success) throw notUnderstood(service, reply, reply.body === undefined ? 'it is not JSON' : 'it holds no list "data"');
    return { data: envelope.data.data, total: envelope.data.meta?.total_doc ?? null };
  }

  /** The release of the database; null with a reason where the heartbeat is refused, as its bot protection sometimes does (mp-api#1055). */
  async databaseVersion(signal: AbortSignal): Promise<{ version: string | null; warning?: string }> {
    const reply = await this.#http.get(`${this.#endpoint}/heartbeat`, signal);
    if (reply.status === 403 || reply.status === 401)
      return { version: null, warning: `the heartbeat was refused (HTTP ${reply.status}); the database version is unknown` };
    if (reply.status !== 200) throw this.#refusal(reply);
    const heartbeat = z.object({ db_version: z.string().min(1) }).safeParse(reply.body);
    if (heartbeat.success) return { version: heartbeat.data.db_version };
    if (reply.body !== undefined) return { version: null, warning: 'the heartbeat holds no db_version; the database version is unknown' };
    throw this.#wrongEndpoint(reply);
  }

  /** What the server's refusal means. Its three forms: `detail` as text or list (FastAPI), `message` (gateway), `error` (rate limits). */
  #refusal(reply: Reply): InvalidInput | PermissionDenied {
    const { status } = reply;
    if (status === 401 || status === 403)
      return new PermissionDenied(`the Materials Project refused the key (HTTP ${status}: ${detailOf(reply)})`, {
        path: 'MP_API_KEY',
        remedy: 'Check the key at https://next-gen.materialsproject.org/api; nothing is asked again before you do',
      });
    if (status === 404 || (status >= 300 && status < 400)) return this.#wrongEndpoint(reply);
    return new InvalidInput(`the Materials Project refused the query (HTTP ${status}): ${detailOf(reply)}`, {
      path: new URL(reply.url).pathname,
      value: new URL(reply.url).search.slice(1),
      remedy: 'Change the filters of the source',
    });
  }

  #wrongEndpoint(reply: Reply): InvalidInput {
    return new InvalidInput(`no Materials Project interface answers there (HTTP ${reply.status}: ${excerpt(reply)})`, {
      path: 'MP_API_ENDPOINT',
      value: this.#endpoint,
      remedy: `Correct MP_API_ENDPOINT, or unset it for ${materialsProjectEndpoint}`,
    });
  }
}

/** The address without its last slash. Throws `InvalidInput` for what is none. */
function endpointOf(environment: NodeJS.ProcessEnv): string {
  const text = environment['MP_API_ENDPOINT']?.trim() || materialsProjectEndpoint;
  if (!/^https?:\/\/[^/\s]+/.test(text) || !URL.canParse(text))
    throw new InvalidInput('this is no address', {
      path: 'MP_API_ENDPOINT',
      value: text,
      remedy: `It is like ${materialsProjectEndpoint}; unset it for that one`,
    });
  return text.replace(/\/+$/, '');
}

const Refusal = z.object({
  detail: z
    .union([z.string(), z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])).optional(), msg: z.string() }))])
    .optional(),
  message: z.string().optional(),
  error: z.string().optional(),
});

function detailOf(reply: Reply): string {
  const refusal = Refusal.safeParse(reply.body);
  if (!refusal.success) return excerpt(reply);
  const { detail, message, error } = refusal.data;
  if (Array.isArray(detail)) return detail.map(({ loc, msg }) => `${loc?.at(-1) ?? 'query'}: ${msg}`).join('; ');
  return detail ?? message ?? error ?? excerpt(reply);
}
