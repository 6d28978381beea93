/** Hands out a bounded number of places; who finds none waits in line. */
export class ChannelLimit {
  #limit: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Resolves with the function that gives the place back. */
  async take(): Promise<() => void> {
    if (this.#taken < this.#limit) this.#taken += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#taken <= this.#limit ? this.#waiting.shift() : undefined;
      if (next === undefined) this.#taken -= 1;
      else next();
    };
  }

  /** The server refused one more: from now on no more than what it bears. Returns false when it bears not even one. */
  lower(): boolean {
    if (this.#taken <= 1) return false;
    this.#limit = Math.max(1, Math.min(this.#limit, this.#taken - 1));
    return true;
  }
}
