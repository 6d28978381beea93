import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { readLibrary } from '../../../connectors/predictor/library.js';
import { loadModel } from '../../../connectors/predictor/model-folder.js';
import { shippedModel } from '../../../connectors/predictor/predictor.js';
import type { EnsembleModel } from '../../../domain/learning/ensemble.js';
import { separator, type Example } from '../../../domain/learning/example.js';
import { predictClass } from '../../../domain/learning/predict-class.js';
import { withTransferErrors } from '../../../domain/learning/transfer-error.js';

const labels = (name: string): Example[] =>
  readLibrary(fileURLToPath(new URL(`../../../data/transfer/${name}.json`, import.meta.url))).examples;

/*
 * The shipped predictor has learned from one family of potentials (Zhou, Johnson, Wadley 2004, and its parameters perturbed). These are dislocations
 * of three others (Cleri and Rosato 1993, Finnis and Sinclair 1984, Sutton and Chen 1990: deploy/training/{cleri-rosato,finnis-sinclair,sutton-chen}.yaml)
 * and of published potentials that OpenKIM keeps (deploy/training/openkim.yaml). None was learned from; their errors widen the shipped intervals.
 */
describe('labels by other families of potentials', () => {
  const shipped = loadModel(shippedModel() ?? '').ensemble;
  const narrow: EnsembleModel = {
    ...shipped,
    classes: shipped.classes.map(({ transferHalfWidth90: _own, ...rest }) => rest),
  };
  const [families, published] = [labels('other-families'), labels('openkim')];
  const inside = (ensemble: EnsembleModel, examples: readonly Example[]): number => {
    const held = examples.map((example) => {
      const own = ensemble.classes.find((it) => it.kind + separator + it.protocol === example.group);
      if (own === undefined) throw new Error(`${example.id}: the model knows no ${example.group}`);
      const { low, high } = predictClass(ensemble, own, example.features);
      const truth = Math.max(Math.log(own.floorMpa), example.target + example.features.lnK + Math.log(1000));
      return low <= truth && truth <= high;
    });
    return held.filter(Boolean).length / held.length;
  };

  test('are not held by intervals that know left-out elements alone, and by the shipped ones in nine of ten cases', ({ expect }) => {
    const all = [...families, ...published];
    expect(all).toHaveLength(67);
    expect(inside(narrow, all)).toBeLessThan(0.7);
    expect(inside(shipped, all)).toBeGreaterThanOrEqual(0.9);
  });

  test('of one source widen the intervals enough for most of the other', ({ expect }) => {
    expect(inside(withTransferErrors(narrow, published), families)).toBeGreaterThan(0.8);
    expect(inside(withTransferErrors(narrow, families), published)).toBeGreaterThan(0.8);
  });

  test('change no interval of a class that is below the floor, nor of another protocol', ({ expect }) => {
    const widened = withTransferErrors(narrow, published).classes;
    expect(widened.filter((own) => own.transferHalfWidth90 !== undefined).every((own) => !own.belowFloor && own.protocol === 'pad-2')).toBe(
      true,
    );
    expect(withTransferErrors(narrow, [])).toEqual(narrow);
  });
});
