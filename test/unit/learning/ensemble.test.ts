import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { loadModel, saveModel } from '../../../connectors/predictor/model-folder.js';
import { modelCard } from '../../../connectors/predictor/model-card.js';
import { InvalidInput, MissingFile } from '../../../domain/failures.js';
import { fitEnsemble, type EnsembleModel } from '../../../domain/learning/ensemble.js';
import { ensembleOf, evaluateEnsemble } from '../../../domain/learning/evaluate.js';
import { simpleMembers } from '../../../domain/learning/member.js';
import type { TrainedModel } from '../../../domain/learning/model.js';
import { classFor, predictClass } from '../../../domain/learning/predict-class.js';
import { predictRecord } from '../../../domain/learning/predict-record.js';
import { randomNumbers } from '../../../domain/learning/random.js';
import { mean, quantile } from '../../../domain/learning/scaling.js';
import { withTransferErrors } from '../../../domain/learning/transfer-error.js';
import { Prediction } from '../../../domain/prediction.js';
import { examples, slipRecord } from './fixtures.js';

const kind = 'fcc {111} screw';
const members = simpleMembers.filter(({ name }) => name !== 'boosted trees');
const options = { seed: 1, members, innerFolds: 4 };
const rows = examples();
let folder: string;
let model: EnsembleModel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'peierls-model-'));
  model = await fitEnsemble(rows, options);
});
afterAll(() => rmSync(folder, { recursive: true }));

const answer = (ensemble: EnsembleModel, index = 0) => {
  const own = classFor(ensemble, kind, 'synthetic');
  const example = rows[index];
  if (own === undefined || example === undefined) throw new Error('fixture');
  return predictClass(ensemble, own, example.features);
};

describe('ensemble', () => {
  it('learns a smooth function better than its null hypothesis, and says how well', ({ expect }) => {
    const [own] = model.classes;
    // The targets spread by 1.1 around their median and their noise is 0.1.
    expect(own?.sigma).toBeLessThan(0.6);
    expect(own?.weights[0]).toBeLessThan(0.05);
    expect(own?.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
  });

  it('is the same for the same seed, and another for another one', async ({ expect }) => {
    expect(await fitEnsemble(rows, options)).toEqual(model);
    expect((await fitEnsemble(rows, { ...options, seed: 2 })).members).not.toEqual(model.members);
  });

  it('holds held-out truths in its intervals about nine times of ten', async ({ expect }) => {
    const { rows: scored, predictors } = await evaluateEnsemble(examples({ noise: 0.4, seed: 5 }), { ...options, outerFolds: 4 });
    expect(scored.length).toBeGreaterThan(80);
    expect(predictors[0]?.pooled.coverage90).toBeGreaterThan(0.83);
    expect(predictors[0]?.pooled.coverage90).toBeLessThan(0.98);
    expect(predictors[0]?.pooled.r2).toBeGreaterThan(0.5);
    expect(predictors.map(({ predictor }) => predictor)).toContain('SVPN x constant');
  });

  it('calls a record far from all others outside, with a wider interval', ({ expect }) => {
    const own = classFor(model, kind, 'synthetic');
    const [near] = rows;
    if (own === undefined || near === undefined) throw new Error('fixture');
    const far = predictClass(model, own, { ...near.features, values: near.features.values.map((value) => value + 4) });
    const close = answer(model);
    expect(far.distance).toBeGreaterThan(2);
    expect(close.distance).toBeLessThanOrEqual(1);
    expect(far.high - far.low).toBeGreaterThan(1.3 * (close.high - close.low));
  });

  it('answers "below the floor" for a class that lies there', async ({ expect }) => {
    const silent = examples({ floor: -5 });
    expect(silent.every((example) => example.censored)).toBe(true);
    const ensemble = await fitEnsemble(silent, options);
    expect(ensemble.classes[0]).toMatchObject({ belowFloor: true, censored: silent.length });
    expect(answer(ensemble).belowFloorProbability).toBeGreaterThan(0.95);
    expect(answer(ensemble).lnMpa).toBeCloseTo(Math.log(1000 * 60 * Math.exp(-5)), 6);
  });

  it('learns across a floor without being pulled to it', async ({ expect }) => {
    const mixed = examples({ floor: -9.5, noise: 0.05 });
    const censored = mixed.findIndex((example) => example.censored);
    const highest = mixed.reduce((best, example, index) => (example.target > (mixed[best]?.target ?? 0) ? index : best), 0);
    expect(mixed.filter((example) => example.censored).length).toBeGreaterThan(20);
    const ensemble = await fitEnsemble(mixed, options);
    expect(answer(ensemble, censored).belowFloorProbability).toBeGreaterThan(0.5);
    expect(answer(ensemble, highest).belowFloorProbability).toBeLessThan(0.1);
  });

  // Coarse views in which the first feature has the other sign, and members that learn each view apart.
  const mirrored = rows.map((row) => {
    const values = row.features.values.map((value, column) => (column === 0 ? -value : value));
    return { ...row, otherViews: [{ ...row.features, values, view: 'coarse' as const }] };
  });
  const apart = members.filter(({ name }) => ['constant', 'gp', 'extra trees'].includes(name));

  it('learns what a coarse view of a surface means, beside the fine one', async ({ expect }) => {
    const { predictors } = await evaluateEnsemble(mirrored, { ...options, members: apart, outerFolds: 2 });
    const error = (name: string): number => predictors.find(({ predictor }) => predictor === name)?.pooled.rmse ?? Number.NaN;
    expect(error(ensembleOf.coarse)).toBeLessThan(1.2 * error(ensembleOf.fine));
    // A model that saw fine views only takes the sign of the first feature for physics, 1.5 in ln for each unit.
    const own = classFor(model, kind, 'synthetic');
    const squares = mirrored.map(({ features, otherViews: [coarse = features] }) =>
      own === undefined ? Number.NaN : (predictClass(model, own, coarse).lnMpa - predictClass(model, own, features).lnMpa) ** 2,
    );
    expect(Math.sqrt(mean(squares))).toBeGreaterThan(0.7);
  });

  it('looks at surfaces coarsely where labels from elsewhere are answered better so, and then drops the fine views', async ({ expect }) => {
    const both = await fitEnsemble(mirrored, { ...options, members: apart });
    const views = (ensemble: EnsembleModel) =>
      ensemble.members.flatMap(({ model: { ...it } }) => (it.kind === 'by-class' ? [Object.keys(it.models)] : []));
    const group = `${kind} @ synthetic`;
    expect(views(both)).toEqual([
      [group, `${group} coarse`],
      [group, `${group} coarse`],
    ]);
    // Labels whose fine, or coarse, views are those of other records.
    const another = (index: number) => mirrored[(index + 37) % mirrored.length] ?? mirrored[0];
    const fineMisleads = mirrored.map((row, index) => ({ ...row, features: another(index)?.features ?? row.features }));
    const coarseMisleads = mirrored.map((row, index) => ({ ...row, otherViews: another(index)?.otherViews ?? [] }));
    const coarsely = withTransferErrors(both, fineMisleads);
    expect(coarsely.classes.map(({ view }) => view)).toEqual(['coarse']);
    expect(views(coarsely)).toEqual([[`${group} coarse`], [`${group} coarse`]]);
    const [seen, own, wide] = [mirrored[0]?.otherViews[0], classFor(both, kind, 'synthetic'), classFor(coarsely, kind, 'synthetic')];
    if (seen === undefined || own === undefined || wide === undefined) throw new Error('fixture');
    expect(predictClass(coarsely, wide, seen).lnMpa).toBe(predictClass(both, own, seen).lnMpa);
    const finely = withTransferErrors(both, coarseMisleads);
    expect(finely.classes.map(({ view }) => view)).toEqual([undefined]);
    expect(finely.members).toEqual(both.members);
  });

  it('answers in the middle of labels with a long tail downwards', async ({ expect }) => {
    const random = randomNumbers(3);
    // The mean of 2 ln u is -2, its median 2 ln 0.5 = -1.39: learners of means answer lower than half of the truths, here by 0.38.
    const skewed = rows.map((row) => ({ ...row, target: row.target + 2 * Math.log(random()) }));
    const linear = members.filter(({ name }) => ['constant', 'ridge shared'].includes(name));
    const { rows: scored } = await evaluateEnsemble(skewed, { ...options, members: linear });
    const median = quantile(
      scored.map(({ predicted, truth }) => predicted - truth),
      0.5,
    );
    expect(Math.abs(median)).toBeLessThan(0.25);
  });

  it('keeps two protocols of one class apart', async ({ expect }) => {
    const other = rows.map((row) => ({ ...row, group: `${kind} @ other`, target: row.target + 6 }));
    const both = await fitEnsemble([...rows, ...other], options);
    const values = ['synthetic', 'other'].map((protocol) => {
      const own = classFor(both, kind, protocol);
      const [example] = rows;
      if (own === undefined || example === undefined) throw new Error('fixture');
      return predictClass(both, own, example.features).lnMpa;
    });
    expect((values[1] ?? 0) - (values[0] ?? 0)).toBeCloseTo(6, 0);
    expect(classFor(both, kind, 'unheard of')?.protocol).toBe('synthetic');
  });
});

describe('model folder', () => {
  const card = (id: string) =>
    modelCard(id, { libraries: [], ensemble: model, backend: { name: 'none', version: '-', isGpu: false }, seed: 1, seconds: 1 });
  const saved = (name: string): { path: string; trained: TrainedModel } => {
    const path = join(folder, name);
    return { path, trained: saveModel(path, model, card) };
  };

  it('gives back what was saved', ({ expect }) => {
    const { path, trained } = saved('whole');
    expect(loadModel(path)).toEqual(trained);
    expect(answer(trained.ensemble, 7).lnMpa).toBeCloseTo(answer(model, 7).lnMpa, 5);
    expect(JSON.parse(readFileSync(join(path, 'card.json'), 'utf8'))).toMatchObject({
      model: trained.id,
      classes: [{ kind, rows: rows.length }],
    });
  });

  it('has the same id for the same model', ({ expect }) => {
    expect(saved('first').trained.id).toBe(saved('second').trained.id);
  });

  it.for(['model.json', 'member-extra-trees.json'])('refuses %s cut short, by name', (file, { expect }) => {
    const { path } = saved(`cut ${file}`);
    truncateSync(join(path, file), 200);
    expect(() => loadModel(path)).toThrow(InvalidInput);
    expect(() => loadModel(path)).toThrow(file);
  });

  it('refuses a folder in which a member is missing', ({ expect }) => {
    const { path } = saved('incomplete');
    rmSync(join(path, 'member-gp-shared.json'));
    expect(() => loadModel(path)).toThrow(MissingFile);
    expect(() => loadModel(path)).toThrow(/gp shared.*Train it again/);
  });

  it('refuses a folder without a model', ({ expect }) => {
    expect(() => loadModel(folder)).toThrow(MissingFile);
  });
});

describe('prediction of a record', () => {
  const named = { protocol: 'file', named: true };

  it('of a class that the model does not know is the labelled baseline, and outside', ({ expect }) => {
    const trained = { id: 'abc', ensemble: model };
    const prediction = Prediction.parse(predictRecord(slipRecord('bcc', 'Fe', 2.8665, 1800), trained, named));
    expect(prediction).toMatchObject({ predictor: 'baseline-joos-duesbery', domain: 'outside' });
    expect(prediction.warnings?.join(' ')).toContain('the model knows no bcc {110} edge');
  });

  it('of a known class names the model, its protocol and its domain', ({ expect }) => {
    const record = { ...slipRecord('fcc', 'Cu', 3.615, 560), character: 'screw' as const };
    const prediction = Prediction.parse(predictRecord(record, { id: 'abc', ensemble: model }, named));
    expect(prediction).toMatchObject({ predictor: 'ensemble', model: 'abc', protocol: 'synthetic' });
    expect(prediction.interval90[0]).toBeLessThan(prediction.interval90[1]);
  });
});
