import { readFileSync } from 'node:fs';
import { separator } from '../../domain/learning/example.js';
import type { EnsembleModel } from '../../domain/learning/ensemble.js';
import { featureNames } from '../../domain/learning/feature.js';
import type { ModelCard } from '../../domain/learning/model.js';
import type { LibraryFile } from './library.js';
import type { TensorBackend } from './training.js';

export interface CardInput {
  libraries: readonly LibraryFile[];
  /** Labels by other families, which widen the intervals. */
  elsewhere?: readonly LibraryFile[];
  ensemble: EnsembleModel;
  backend: TensorBackend;
  seed: number;
  seconds: number;
}

/** The model card: where the model comes from and what it may be trusted with. */
export function modelCard(id: string, { libraries, elsewhere = [], ensemble, backend, seed, seconds }: CardInput): ModelCard {
  return {
    model: id,
    trainedAt: new Date().toISOString(),
    seed,
    data: [...libraries, ...elsewhere].map((library) => {
      const { file, source, sha256, records, examples, refused } = library;
      const excluded = examples.flatMap(({ id, excluded }) => (excluded === undefined ? [] : [{ id, reason: excluded }]));
      return {
        use: elsewhere.includes(library) ? 'elsewhere' : 'learned',
        file: file.split(/[\\/]/).at(-1) ?? file,
        source,
        sha256,
        records,
        used: examples.length - excluded.length,
        refused: refused.length,
        excluded,
      };
    }),
    classes: ensemble.classes.map(
      ({ kind, protocol, rows, censored, belowFloor, sigma, halfWidth90, transferHalfWidth90, view, weights }) => ({
        kind: kind.split(separator)[0] ?? kind,
        protocol,
        rows,
        belowFloorRows: censored,
        answersBelowFloor: belowFloor,
        heldOutRmse: sigma,
        halfWidth90: halfWidth90 * sigma,
        ...(view !== undefined && { view }),
        ...(transferHalfWidth90 !== undefined && { transferHalfWidth90 }),
        weights: Object.fromEntries(ensemble.members.map(({ name }, index) => [name, Number((weights[index] ?? 0).toFixed(3))])),
      }),
    ),
    folds: 'leave one element out; an alloy is left out with each of its elements',
    calibration:
      'split conformal 90 % on left-out elements, |error| over the local sigma (class error, disagreement of members, distance); ln units',
    target: 'ln(tau_P / K), K = anisotropic energy factor of the line; labels at the floor are one-sided',
    features: featureNames,
    backend,
    versions: { node: process.version, peierls: packageVersion() },
    seconds: Math.round(seconds),
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
