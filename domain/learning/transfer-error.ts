import { conformalQuantile } from './conformal.js';
import type { EnsembleModel } from './ensemble.js';
import { separator, type Example } from './example.js';
import { withoutFineViews } from './member.js';
import { groupOf, predictClass } from './predict-class.js';
import { mean } from './scaling.js';

/** A class with fewer rows from elsewhere than this takes the view and the error of all classes. */
const fewest = 10;

/**
 * Intervals, and the view of surfaces, for inputs from anywhere. Left-out elements tell how far a predictor errs within the family of potentials that it has
 * learned; `elsewhere` holds labels by other families, which it has not. The fine structure of a surface tells which family it is of: a class whose
 * labels from elsewhere are answered better from coarse views takes these, and what was learned of its fine ones is dropped. What errors have beyond
 * the interval is added to each class in quadrature, so that nine of ten of them are inside (split conformal, as for elements).
 */
export function withTransferErrors(ensemble: EnsembleModel, elsewhere: readonly Example[]): EnsembleModel {
  const [fine, coarse] = [judged(ensemble, elsewhere, 'fine'), judged(ensemble, elsewhere, 'coarse')];
  if (fine.length === 0) return ensemble;
  const scope = (rows: readonly Judged[], group: string): readonly Judged[] => {
    const own = rows.filter((row) => row.group === group);
    return own.length >= fewest ? own : rows;
  };
  const square = (rows: readonly Judged[]): number => mean(rows.map(({ error }) => error * error));
  const looksCoarsely = (group: string): boolean => square(scope(coarse, group)) < square(scope(fine, group));
  const rows = fine.map((row, index) => (looksCoarsely(row.group) ? (coarse[index] ?? row) : row));
  const learned = new Set(rows.map(({ group }) => group.split(separator)[1]));
  const classes = ensemble.classes.map((own) => {
    if (own.belowFloor || !learned.has(own.protocol)) return own;
    const excesses = scope(rows, groupOf(own)).map(({ excess }) => excess);
    return {
      ...own,
      transferHalfWidth90: conformalQuantile(excesses, 0.9),
      ...(looksCoarsely(groupOf(own)) && { view: 'coarse' as const }),
    };
  });
  const coarsely = new Set(classes.filter(({ view }) => view === 'coarse').map(groupOf));
  return { classes, members: ensemble.members.map(({ name, model }) => ({ name, model: withoutFineViews(model, coarsely) })) };
}

interface Judged {
  group: string;
  error: number;
  /** What the interval lacks, in quadrature. */
  excess: number;
}

/** Errors of labels of learned classes, seen coarsely where they can be and are asked to. */
function judged(ensemble: EnsembleModel, elsewhere: readonly Example[], view: 'fine' | 'coarse'): Judged[] {
  return elsewhere.flatMap((example) => {
    const own = ensemble.classes.find((it) => groupOf(it) === example.group);
    if (own === undefined || own.belowFloor || example.excluded !== undefined) return [];
    const features = example.otherViews?.find((it) => it.view === view) ?? example.features;
    const { lnMpa, high } = predictClass(ensemble, { ...own, transferHalfWidth90: 0 }, features);
    const truth = Math.max(Math.log(own.floorMpa), example.target + example.features.lnK + Math.log(1000));
    const error = truth - lnMpa;
    return [{ group: example.group, error, excess: Math.sqrt(Math.max(0, error ** 2 - (high - lnMpa) ** 2)) }];
  });
}
