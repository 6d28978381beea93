import type { InferencePool } from '../connectors/predictor/inference.js';
import { candidateRecords } from './candidate-record.js';
import type { ChosenModel } from './campaign-model.js';
import type { CandidateProperties, Family, Sample } from './interpolation.js';

/** Rms error of ln(Peierls stress) that interpolation brings, by slip system and character; `''` is over all. */
export type LnErrors = ReadonlyMap<string, number>;

/** Samples that are left out, one after the other: each costs two predictions a slip system and character. */
const mostLeftOut = 60;
/** Pairs below which a slip system and character has the error of all together. */
const leastPairs = 5;

/**
 * What interpolation costs in the end, measured: samples are predicted from their own properties, and from what the interpolation makes of them when
 * they are left out. Once for each family and model.
 */
export class InterpolationErrors {
  readonly #inference: InferencePool;
  readonly #kept = new Map<string, Promise<LnErrors>>();

  constructor(inference: InferencePool) {
    this.#inference = inference;
  }

  async of(family: Family, model: ChosenModel, signal: AbortSignal): Promise<LnErrors> {
    const key = `${family.digest}@${model.id}`;
    const known = this.#kept.get(key) ?? this.#measure(family, model, signal);
    this.#kept.set(key, known);
    // A failed measurement is not kept.
    known.catch(() => this.#kept.delete(key));
    return known;
  }

  async #measure(family: Family, model: ChosenModel, signal: AbortSignal): Promise<LnErrors> {
    const stable = family.samples.flatMap((sample, index) =>
      sample.elastic.report.passed && sample.surfaces.length > 0 ? [{ sample, index }] : [],
    );
    const stride = Math.ceil(stable.length / mostLeftOut);
    const pairs = stable
      .filter((_, place) => place % stride === 0)
      .flatMap(({ sample, index }) => {
        const own = recordsOf(sample, sample);
        const guessed = recordsOf(sample, family.without(index));
        return own.flatMap(({ record, slipSystem, character }) => {
          const guess = guessed.find((it) => it.slipSystem === slipSystem && it.character === character);
          return guess === undefined ? [] : [{ record, guess: guess.record, name: lnErrorName({ slipSystem, character }) }];
        });
      });
    const answers = await this.#inference.predict(
      model.folder,
      pairs.flatMap(({ record, guess }) => [{ record }, { record: guess }]),
      signal,
    );
    const errors = new Map<string, number[]>([['', []]]);
    for (const [index, { name }] of pairs.entries()) {
      const [own, guess] = [answers[2 * index], answers[2 * index + 1]];
      if (own === undefined || guess === undefined || 'error' in own || 'error' in guess) continue;
      const error = Math.log(guess.prediction.peierlsMpa / own.prediction.peierlsMpa);
      errors.set(name, [...(errors.get(name) ?? []), error]);
      errors.get('')?.push(error);
    }
    return new Map([...errors].flatMap(([name, own]) => (own.length < leastPairs ? [] : [[name, rms(own)]])));
  }
}

export function lnErrorName({ slipSystem, character }: { slipSystem: string; character: string }): string {
  return `${slipSystem} ${character}`;
}

function recordsOf({ candidate }: Sample, { relaxation, elastic, surfaces }: CandidateProperties) {
  return candidateRecords(candidate, relaxation, elastic, surfaces).records;
}

function rms(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
