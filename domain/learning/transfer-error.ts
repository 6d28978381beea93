import { conformalQuantile } from './conformal.js';
import type { EnsembleModel } from './ensemble.js';
import { separator, type Example } from './example.js';
import { predictClass } from './predict-class.js';

/** A class with fewer rows from elsewhere than this takes the error of all classes. */
const fewest = 10;

/**
 * Intervals for inputs from anywhere. Left-out elements tell how far a predictor errs within the family of potentials that it has learned;
 * `elsewhere` holds labels by other families, which it has not. What their errors have beyond the interval is added to each class in quadrature,
 * so that nine of ten of them are inside (split conformal, as for elements).
 */
export function withTransferErrors(ensemble: EnsembleModel, elsewhere: readonly Example[]): EnsembleModel {
  const judged = elsewhere.flatMap((example) => {
    const own = ensemble.classes.find((it) => it.kind + separator + it.protocol === example.group);
    if (own === undefined || own.belowFloor || example.excluded !== undefined) return [];
    const { lnMpa, high } = predictClass(ensemble, { ...own, transferHalfWidth90: 0 }, example.features);
    const truth = Math.max(Math.log(own.floorMpa), example.target + example.features.lnK + Math.log(1000));
    return [{ group: example.group, excess: Math.sqrt(Math.max(0, (truth - lnMpa) ** 2 - (high - lnMpa) ** 2)) }];
  });
  if (judged.length === 0) return ensemble;
  const learned = new Set(judged.map(({ group }) => group.split(separator)[1]));
  const quantile = (rows: typeof judged): number =>
    conformalQuantile(
      rows.map(({ excess }) => excess),
      0.9,
    );
  return {
    ...ensemble,
    classes: ensemble.classes.map((own) => {
      if (own.belowFloor || !learned.has(own.protocol)) return own;
      const rows = judged.filter(({ group }) => group === own.kind + separator + own.protocol);
      return { ...own, transferHalfWidth90: quantile(rows.length >= fewest ? rows : judged) };
    }),
  };
}
