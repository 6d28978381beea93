import { condition, isCancellation } from '@temporalio/workflow';
import type { PredictedBatch } from '../activities/prediction.js';
import { rootCause } from '../domain/root-cause.js';
import { score, store } from './proxies.js';

/** Candidates a batch: a heartbeat's worth of reading and minutes of work. */
const largestBatch = 2000;

/**
 * Hands concluded candidates to the inference workers, one batch at a time: what is concluded meanwhile makes up the next. So the ranking grows
 * while the campaign runs, and candidates come in as large batches as the workers are slow.
 */
export class PredictionLine {
  readonly #waiting: string[] = [];
  readonly #served: Promise<void>;
  #closed = false;
  #failure: unknown;

  /** `failed` hears of candidates that no prediction could be made for. */
  constructor(campaign: string, failed: (candidates: number) => void) {
    this.#served = this.#serve(campaign, failed).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  add(candidate: string): void {
    this.#waiting.push(candidate);
  }

  /** Returns when all that were added have their predictions. */
  async finished(): Promise<void> {
    this.#closed = true;
    await this.#served;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #serve(campaign: string, failed: (candidates: number) => void): Promise<void> {
    for (;;) {
      await condition(() => this.#waiting.length > 0 || this.#closed);
      const candidates = this.#waiting.splice(0, largestBatch);
      if (candidates.length === 0) return;
      failed((await predicted(campaign, candidates)).failed.length);
    }
  }
}

/** A model that cannot be used costs its candidates, which `peierls retry` brings back, and not the campaign. */
async function predicted(campaign: string, candidates: string[]): Promise<Pick<PredictedBatch, 'failed'>> {
  try {
    return await score.predictBatch.executeWithOptions({ summary: `${candidates.length} candidates of ${campaign}` }, [
      { campaign, candidates },
    ]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    for (const candidate of candidates)
      await store.recordVerdict({ candidate, state: 'failed', reason: `no prediction: ${rootCause(error)}` });
    return { failed: candidates };
  }
}
