interface Caller<Item, Value> {
  item: Item;
  resolve: (value: Value) => void;
  reject: (reason: unknown) => void;
}

export interface GatheringOptions {
  /** Trips under way at the same time. More callers wait, and share the next. */
  lanes: number;
  /** Callers that one trip serves at most. */
  most: number;
}

/**
 * Serves many callers with few round trips: whoever asks while the lanes are busy shares the next trip with all others who do. Nobody waits for
 * company, so a lone caller is as fast as ever. `serve` answers in the order of the items; what it throws is the answer to each of them.
 */
export class Gathering<Item, Value> {
  readonly #options: GatheringOptions;
  readonly #serve: (items: readonly Item[]) => Promise<readonly PromiseSettledResult<Value>[]>;
  #waiting: Caller<Item, Value>[] = [];
  #underWay = 0;
  #starting = false;

  constructor(options: GatheringOptions, serve: (items: readonly Item[]) => Promise<readonly PromiseSettledResult<Value>[]>) {
    this.#options = options;
    this.#serve = serve;
  }

  ask(item: Item): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      // Those who ask in the same turn of the event loop go together.
      if (!this.#starting) setImmediate(() => this.#start());
      this.#starting = true;
    });
  }

  #start(): void {
    this.#starting = false;
    const { lanes, most } = this.#options;
    while (this.#underWay < lanes && this.#waiting.length > 0) {
      // Those who wait are spread over the free lanes.
      const share = Math.ceil(this.#waiting.length / (lanes - this.#underWay));
      void this.#trip(this.#waiting.splice(0, Math.min(share, most)));
    }
  }

  async #trip(callers: readonly Caller<Item, Value>[]): Promise<void> {
    this.#underWay += 1;
    try {
      const answers = await this.#serve(callers.map(({ item }) => item));
      for (const [index, { resolve, reject }] of callers.entries()) {
        const answer = answers[index];
        if (answer?.status === 'fulfilled') resolve(answer.value);
        else reject(answer?.reason ?? new Error('a caller was left without an answer'));
      }
    } catch (error) {
      for (const { reject } of callers) reject(error);
    } finally {
      this.#underWay -= 1;
      this.#start();
    }
  }
}
