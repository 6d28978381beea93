import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import axios, { AxiosError } from 'axios';
import { canonicalJson } from '../../domain/canonical.js';
import { RateLimited, ReplyNotUnderstood, ServiceUnavailable } from '../../domain/failures.js';

/** An answer of a web service, whatever its status; `body` is undefined where it is no JSON. */
export interface Reply {
  status: number;
  body: unknown;
  text: string;
  url: string;
}

export interface HttpOptions {
  /** What people call the service. */
  service: string;
  headers?: Readonly<Record<string, string>>;
  /** Whether to go where the service sends us; never with a key, which would go along. */
  redirects: boolean;
  /** Between the start of two requests of this process. */
  spacingMs: number;
  /** How long to stay away after a 429 or 503 without `Retry-After`. */
  penaltySeconds: (reply: Reply) => number;
}

/** Blocked without a name (mp-api#977), so a client says who it is. */
const userAgent = `peierls/0.1 (alloy screening; axios; Node ${process.version})`;
/** The databases give up on a query after 30 s themselves; a page of 1,000 structures takes some 10 s of a slow line. */
const replySeconds = 120;
/** A page of 1,000 structures of 200 atoms is 30 MB; more than this is no answer to any question of ours. */
const mostBytes = 256 * 2 ** 20;

/** GETs JSON from one web service, politely: spaced, under our name, and not at all while it has asked us to stay away. */
export class HttpClient {
  readonly #options: HttpOptions;
  #notBefore = 0;
  #awayUntil = 0;
  #spacingMs: number;
  /** Requests sent so far. */
  requests = 0;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#spacingMs = options.spacingMs;
  }

  /** Any answer with a status comes back, except 429 and 503 (`RateLimited`), other 5xx and no answer at all (`ServiceUnavailable`). */
  async get(url: string, signal: AbortSignal): Promise<Reply> {
    await this.#turn(signal);
    const reply = await this.#ask(url, signal);
    if (reply.status === 429 || (reply.status === 503 && reply.retryAfterSeconds !== undefined)) {
      const seconds = reply.retryAfterSeconds ?? this.#options.penaltySeconds(reply);
      this.#awayUntil = Date.now() + seconds * 1000;
      throw new RateLimited(`${this.#options.service} asks us to stay away for ${seconds} s (HTTP ${reply.status}: ${excerpt(reply)})`, {
        retryAfterSeconds: seconds,
      });
    }
    // 501 is no failure of the service: it does not know the question.
    if (reply.status >= 500 && reply.status !== 501 && reply.status !== 553)
      throw new ServiceUnavailable(`${this.#options.service} failed with HTTP ${reply.status}: ${excerpt(reply)}`);
    return reply;
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const away = Math.ceil((this.#awayUntil - Date.now()) / 1000);
    if (away > 0)
      throw new RateLimited(`${this.#options.service} has asked us to stay away for another ${away} s`, { retryAfterSeconds: away });
    const now = Date.now();
    const start = Math.max(now, this.#notBefore);
    this.#notBefore = start + this.#spacingMs;
    if (start > now) await sleep(start - now, undefined, { signal });
  }

  /** Waits longer from now on: the service has told its own spacing. */
  slowDown(spacingMs: number): void {
    this.#spacingMs = Math.max(this.#options.spacingMs, spacingMs);
    this.#notBefore = Math.max(this.#notBefore, Date.now() + this.#spacingMs);
  }

  async #ask(url: string, signal: AbortSignal): Promise<Reply & { retryAfterSeconds: number | undefined }> {
    this.requests += 1;
    const { service, headers, redirects } = this.#options;
    const limit = AbortSignal.timeout(replySeconds * 1000);
    try {
      const {
        status,
        data,
        headers: told,
      } = await axios.get<string>(url, {
        headers: { accept: 'application/json', 'user-agent': userAgent, ...headers },
        responseType: 'text',
        // Parsed below: axios would hand over broken JSON as text without a word.
        transformResponse: (text: string) => text,
        validateStatus: () => true,
        maxContentLength: mostBytes,
        maxRedirects: redirects ? 5 : 0,
        signal: AbortSignal.any([signal, limit]),
      });
      const text = typeof data === 'string' ? data : '';
      return { status, text, url, body: parsed(text), retryAfterSeconds: retryAfter(told['retry-after']) };
    } catch (cause) {
      signal.throwIfAborted();
      const reason = limit.aborted ? `no complete answer within ${replySeconds} s` : describe(cause);
      throw new ServiceUnavailable(`${service} at ${new URL(url).origin} cannot be reached: ${reason}`, { cause });
    }
  }
}

/** The start of an answer, for messages. */
export function excerpt({ text }: Reply): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat === '' ? 'empty answer' : flat.slice(0, 200);
}

/** An answer with status 200 that is no JSON was cut short, or comes from somebody else on the way. */
export function notUnderstood(service: string, reply: Reply, what = 'it is not JSON'): ReplyNotUnderstood {
  return new ReplyNotUnderstood(`${service} answered something else than expected (${what}): ${excerpt(reply)}`);
}

/** Twelve hexadecimal digits that change with the content. */
export function digestOf(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 12);
}

/** Python writes NaN and Infinity, which JSON has not; they become null, so that the entry that holds them is refused and not the page. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!/\b(NaN|Infinity)\b/.test(text)) return undefined;
  }
  try {
    // `"density": NaN,` and `[NaN, 0.0]`
    return JSON.parse(text.replaceAll(/([[:,]\s*)-?(?:NaN|Infinity)(?=\s*[,\]}])/g, '$1null'));
  } catch {
    return undefined;
  }
}

/** Seconds or a date (RFC 9110). */
function retryAfter(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), 86_400) : undefined;
}

function describe(cause: unknown): string {
  if (cause instanceof AxiosError) return [cause.code, cause.message].filter(Boolean).join(' ');
  return cause instanceof Error ? cause.message : String(cause);
}
