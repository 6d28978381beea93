/** Something in a file that has no place in ours, or may not be copied. */
export interface LeftOut {
  file: string;
  /** Where it stands, for instance `workers.hpc.forward_agent`. */
  path: string;
  /** What it says; null for secrets. */
  value: unknown;
  why: string;
  remedy: string | null;
}

/** The fields of one object of a foreign file. Each is taken once; what nobody takes is told at the end, so that nothing is lost in silence. */
export class Fields {
  readonly file: string;
  readonly path: string;
  readonly #value: Record<string, unknown>;
  readonly #taken = new Set<string>();
  /** Where all that is left out is collected. */
  readonly left: LeftOut[];

  constructor(file: string, path: string, value: unknown, left: LeftOut[]) {
    this.file = file;
    this.path = path;
    this.#value = isObject(value) ? value : {};
    this.left = left;
  }

  keys(): string[] {
    return Object.keys(this.#value);
  }

  has(key: string): boolean {
    return !saysNothing(this.#value[key]);
  }

  /** Undefined for a field that is absent, null or empty. */
  take(key: string): unknown {
    this.#taken.add(key);
    const value = this.#value[key];
    return saysNothing(value) ? undefined : value;
  }

  text(key: string): string | undefined {
    const value = this.take(key);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number') return String(value);
    return this.#misfit(key, value, 'it should be text');
  }

  number(key: string): number | undefined {
    const value = this.take(key);
    if (value === undefined || typeof value === 'number') return value;
    if (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim())) return Number(value);
    return this.#misfit(key, value, 'it should be a number');
  }

  flag(key: string): boolean | undefined {
    const value = this.take(key);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#misfit(key, value, 'it should be true or false');
  }

  /** One text or a list of them. */
  texts(key: string): string[] {
    const value = this.take(key);
    if (value === undefined) return [];
    if (typeof value === 'string') return [value];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.#misfit(key, value, 'it should be a list of texts');
    return [];
  }

  /** Lines of a text, or of several. */
  lines(key: string): string[] {
    return this.texts(key).flatMap((text) =>
      text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    );
  }

  object(key: string): Fields {
    return new Fields(this.file, this.#place(key), this.take(key), this.left);
  }

  leave(key: string, why: string, remedy?: string): void {
    const value = this.take(key);
    if (value !== undefined) this.report(key, value, why, remedy);
  }

  /** A password or the like: it stays where it is. Returns the variable that takes its place. */
  secret(key: string, variable: string): string | undefined {
    if (this.take(key) === undefined) return undefined;
    this.report(key, null, 'secrets are never copied', `Set the environment variable ${variable} where the workers start.`);
    return variable;
  }

  report(key: string, value: unknown, why: string, remedy?: string): void {
    this.left.push({
      file: this.file,
      path: this.#place(key),
      value: isSecretName(key) ? null : redacted(value),
      why,
      remedy: remedy ?? null,
    });
  }

  /** Tells of everything that was not taken. Switches that are off and counts of zero change nothing by being absent. */
  rest(why = 'peierls has no such setting'): void {
    for (const key of this.keys()) {
      const value = this.#value[key];
      if (this.#taken.has(key) || value === false || value === 0 || saysNothing(value)) continue;
      this.report(key, value, why);
    }
  }

  #misfit(key: string, value: unknown, why: string): undefined {
    this.report(key, value, why);
  }

  #place(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that we do not know may hold anything: what its name or form gives away as a secret is not repeated. */
export function isSecretName(key: string): boolean {
  return /pass(word|phrase|wd)?$|secret|token|credential|(api|access|private|project)_?(key|id)$/i.test(key);
}

function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, isSecretName(key) ? null : redacted(inner)]));
  // mongodb://user:password@host
  return typeof value === 'string' ? value.replaceAll(/(:\/\/[^\s:/@]*:)[^\s/@]+@/g, '$1...@') : value;
}

function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
