import { fileURLToPath } from 'node:url';
import { beforeAll, describe, test } from 'vitest';
import { readTrainingLibraries } from '../../../connectors/predictor/library.js';
import { loadModel } from '../../../connectors/predictor/model-folder.js';
import { shippedModel } from '../../../connectors/predictor/predictor.js';
import type { EnsembleModel } from '../../../domain/learning/ensemble.js';
import { separator, type Example } from '../../../domain/learning/example.js';
import { predictClass } from '../../../domain/learning/predict-class.js';
import { quantile } from '../../../domain/learning/scaling.js';
import { withTransferErrors } from '../../../domain/learning/transfer-error.js';

const labels = async (name: string): Promise<Example[]> => {
  const [library] = await readTrainingLibraries([{ file: fileURLToPath(new URL(`../../../data/transfer/${name}.json`, import.meta.url)) }]);
  return library?.examples ?? [];
};

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
  let families: Example[];
  let published: Example[];
  beforeAll(async () => {
    [families, published] = await Promise.all([labels('other-families'), labels('openkim')]);
  });
  const answers = (ensemble: EnsembleModel, examples: readonly Example[]) =>
    examples.map((example) => {
      const own = ensemble.classes.find((it) => it.kind + separator + it.protocol === example.group);
      if (own === undefined) throw new Error(`${example.id}: the model knows no ${example.group}`);
      const seen = own.view === 'coarse' ? example.otherViews?.find(({ view }) => view === 'coarse') : example.features;
      const { lnMpa, low, high } = predictClass(ensemble, own, seen ?? example.features);
      const truth = Math.max(Math.log(own.floorMpa), example.target + example.features.lnK + Math.log(1000));
      return { error: Math.abs(lnMpa - truth), held: low <= truth && truth <= high };
    });
  const inside = (ensemble: EnsembleModel, examples: readonly Example[]): number =>
    answers(ensemble, examples).filter(({ held }) => held).length / examples.length;
  const medianFactor = (ensemble: EnsembleModel, examples: readonly Example[]): number =>
    Math.exp(
      quantile(
        answers(ensemble, examples).map(({ error }) => error),
        0.5,
      ),
    );

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

  test('are answered within a median factor of three by the views that the shipped model takes for them', ({ expect }) => {
    const coarse = shipped.classes.filter(({ view }) => view === 'coarse').map(({ kind }) => kind);
    // Bcc edges are told apart by the fine structure even of other families (squares of 63 against 133); five basal screws are too few to choose by.
    expect(coarse).toEqual(['fcc {111} screw', 'bcc {110} screw']);
    // 2.7 and 2.4 when this was written; 6.1 and 2.4 from the whole surfaces.
    for (const own of [families, published]) expect(medianFactor(shipped, own)).toBeLessThan(3);
  });

  test('change no interval of a class that is below the floor, nor of another protocol', ({ expect }) => {
    const widened = withTransferErrors(narrow, published).classes;
    expect(widened.filter((own) => own.transferHalfWidth90 !== undefined).every((own) => !own.belowFloor && own.protocol === 'pad-2')).toBe(
      true,
    );
    expect(withTransferErrors(narrow, [])).toEqual(narrow);
  });
});
