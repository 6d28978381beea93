interface Kept {
  value: Promise<unknown>;
  until: number;
}

/** Values that were read a moment ago. A read that took long is kept for longer: however many look on, the store spends a tenth of its time on them. */
export class Cached {
  readonly #kept = new Map<string, Kept>();

  async get<Value>(key: string, read: () => Promise<Value>, leastSeconds = 2): Promise<Value> {
    const known = this.#kept.get(key);
    if (known !== undefined && known.until > Date.now()) return known.value as Promise<Value>;
    const began = Date.now();
    const value = read();
    // Who comes while it is being read waits for the same.
    const entry: Kept = { value, until: Number.POSITIVE_INFINITY };
    this.#kept.set(key, entry);
    try {
      return await value;
    } finally {
      const spent = Date.now() - began;
      entry.until = Date.now() + Math.max(leastSeconds * 1000, 9 * spent);
      // A failure is told to those who waited, and tried again by the next.
      value.catch(() => this.#kept.delete(key));
      if (this.#kept.size > 500) this.#kept.delete(this.#kept.keys().next().value ?? '');
    }
  }
}
