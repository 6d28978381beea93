import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { defaultPredictor } from '../../../connectors/predictor/predictor.js';
import { dislocationClass } from '../../../domain/learning/dislocation-class.js';
import { Library } from '../../../domain/library.js';
import { numericalFloorMpa } from '../../../domain/peierls-stress.js';

/* Published potentials that OpenKIM keeps, computed by deploy/training/openkim.yaml and never learned from; test/bench/openkim-transfer.ts. */
describe('published potentials', () => {
  const library = Library.parse(JSON.parse(readFileSync(new URL('../../../data/transfer/openkim.json', import.meta.url), 'utf8')));

  test('are cited one by one, and none is of the family that was learned', ({ expect }) => {
    const models = [...new Set(library.records.map(({ potential }) => potential))].toSorted();
    expect(models.length).toBeGreaterThanOrEqual(25);
    expect(Object.keys(library.settings['citations'] ?? {})).toEqual(models);
    expect(models.filter((model) => /Zhou/.test(model))).toEqual([]);
  });

  test('are held by most intervals of the shipped predictor, bcc screws within a factor of two', { timeout: 120_000 }, ({ expect }) => {
    const predictor = defaultPredictor();
    const rows = library.records.map(({ peierls_mpa: label, ...record }) => {
      const { interval90, peierlsMpa } = predictor.predict(record, library.protocol);
      const truth = Math.max(numericalFloorMpa, label);
      return {
        kind: dislocationClass(record),
        inside: interval90[0] <= truth && truth <= interval90[1],
        factor: Math.exp(Math.abs(Math.log(peierlsMpa / truth))),
      };
    });
    const inside = (chosen: typeof rows) => chosen.filter((row) => row.inside).length / chosen.length;
    const screws = rows.filter(({ kind }) => kind === 'bcc {110} screw');
    // As measured when this was written: 31 of 42 (bcc screws 8 of 12, within a median factor of 1.63); 90 % of left-out elements are inside.
    expect(inside(rows)).toBeGreaterThan(0.65);
    expect(inside(screws)).toBeGreaterThan(0.5);
    expect(screws.map(({ factor }) => factor).toSorted((a, b) => a - b)[Math.floor(screws.length / 2)]).toBeLessThan(2.2);
  });
});
