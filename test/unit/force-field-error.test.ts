import { test } from 'vitest';
import { forceFieldLnErrors, lnErrorOf } from '../../domain/force-field-error.js';

test('the error of elastic constants is that of the table in docs/force-fields.md', ({ expect }) => {
  // Computed by the 89-element NEP over experiment at low temperature, GPa: Al, Cu, Ni, W (C11, C12, C44), Mg (C11, C12, C13, C33, C44).
  const computed = [113, 66, 40, 210, 149, 98, 298, 204, 128, 457, 259, 68, 61, 29, 17, 83, 16];
  const measured = [114, 62, 32, 176, 125, 82, 261, 151, 132, 522, 203, 160, 63, 26, 22, 66, 18];
  const squares = computed.map((value, i) => Math.log(value / (measured[i] ?? Number.NaN)) ** 2);
  expect(Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length)).toBeCloseTo(forceFieldLnErrors.elastic, 2);
});

test('independent errors of the inputs add up in squares', ({ expect }) => {
  expect(lnErrorOf([[Math.exp(0.6), 1]])).toBeCloseTo(0.3, 12);
  expect(
    lnErrorOf([
      [Math.exp(0.6), 1],
      [1, Math.exp(0.8)],
    ]),
  ).toBeCloseTo(0.5, 12);
});
