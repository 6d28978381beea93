import { test } from 'vitest';
import { forceFieldLnErrors, lnErrorOf } from '../../domain/force-field-error.js';

test('the error of elastic constants is that of the table in docs/force-fields.md', ({ expect }) => {
  // Computed by the 89-element NEP over experiment at low temperature, GPa: Al, Cu, Ni, W (C11, C12, C44), Mg (C11, C12, C13, C33, C44).
  const computed = [113, 66, 40, 210, 149, 98, 298, 204, 128, 457, 259, 68, 61, 29, 17, 83, 16];
  const measured = [114, 62, 32, 176, 125, 82, 261, 151, 132, 522, 203, 160, 63, 26, 22, 66, 18];
  expect(rmsLn(computed, measured)).toBeCloseTo(forceFieldLnErrors.elastic, 2);
});

test('the error of the gamma surface is that of three unstable faults', ({ expect }) => {
  // Al, Cu, Ni, mJ/m2: NEP over DFT of Wu, Wang, Wang, Liu, Appl. Surf. Sci. 256, 6345 (2010).
  expect(rmsLn([147, 168, 271], [225, 175, 290])).toBeCloseTo(forceFieldLnErrors.gamma, 2);
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

function rmsLn(computed: readonly number[], reference: readonly number[]): number {
  return Math.hypot(...computed.map((value, i) => Math.log(value / (reference[i] ?? Number.NaN)))) / Math.sqrt(computed.length);
}
