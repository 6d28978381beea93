import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { defaultPredictor } from '../../../connectors/predictor/predictor.js';
import { dislocationClass } from '../../../domain/learning/dislocation-class.js';
import { Library } from '../../../domain/library.js';

/* Published potentials that OpenKIM keeps, computed by deploy/training/openkim.yaml and never learned from; test/bench/openkim-transfer.ts. */
describe('published potentials', () => {
  const library = Library.parse(JSON.parse(readFileSync(new URL('../../../data/transfer/openkim.json', import.meta.url), 'utf8')));

  test('are cited one by one, and none is of the family that was learned', ({ expect }) => {
    const models = [...new Set(library.records.map(({ potential }) => potential))].toSorted();
    expect(models.length).toBeGreaterThanOrEqual(25);
    expect(Object.keys(library.settings['citations'] ?? {})).toEqual(models);
    expect(models.filter((model) => /Zhou/.test(model))).toEqual([]);
  });

  test('have bcc screws within a factor of two of what the shipped predictor says', { timeout: 120_000 }, ({ expect }) => {
    const predictor = defaultPredictor();
    const factors = library.records
      .filter((record) => dislocationClass(record) === 'bcc {110} screw')
      .map(({ peierls_mpa: label, ...record }) =>
        Math.exp(Math.abs(Math.log(predictor.predict(record, library.protocol).peierlsMpa / label))),
      )
      .toSorted((a, b) => a - b);
    // 1.84 when this was written. What the intervals hold: transfer.test.ts.
    expect(factors).toHaveLength(12);
    expect(factors[6]).toBeLessThan(2.2);
  });
});
