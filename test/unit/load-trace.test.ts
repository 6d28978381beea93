import { describe, test } from 'vitest';
import { readTrace } from '../../domain/load-trace.js';
import type { LoadIncrement, LoadTrace } from '../../domain/shear-loading.js';

const cell = { areaSquareAngstrom: 294, heightAngstrom: 29, modulusGpa: 41, forceNorm: 1e-5, slipPerPeriod: 0.049 };
const increment = (strain: number, stressMpa: number, slipAngstrom: number, failedStrain?: number): LoadIncrement => ({
  strain,
  stressMpa,
  slipAngstrom,
  energyEv: -4000,
  forceNorm: 9e-6,
  ...(failedStrain !== undefined && { failedStrain }),
});

/** A sine of 1.5 MPa with a period of 0.049 angstrom, sampled eight times a period from an arbitrary phase. */
const sine = (phase: number, offset = 0): LoadTrace => ({
  increments: Array.from({ length: 10 }, (_, k) => {
    const slip = (0.049 * k) / 8;
    return increment(slip / 29, offset + 1.5 * Math.sin((2 * Math.PI * slip) / 0.049 + phase), slip);
  }),
  end: 'period',
});

describe('a smooth trace', () => {
  // The two harmonics hold a sine exactly.
  test.for([0, 0.3, 0.7, 1.2, 2.5, 4])('gives the amplitude in both senses, phase %d', (phase, { expect }) => {
    const reading = readTrace(sine(phase), cell);
    if (reading.kind !== 'smooth') throw new Error(reading.kind);
    expect(reading.forwardMpa).toBeCloseTo(1.5, 1);
    expect(Math.abs(reading.forwardMpa / 1.5 - 1)).toBeLessThan(1e-3);
    expect(Math.abs(reading.backwardMpa / 1.5 - 1)).toBeLessThan(1e-3);
  });

  test('keeps the two senses apart', ({ expect }) => {
    const reading = readTrace(sine(0.3, 0.4), cell);
    if (reading.kind !== 'smooth') throw new Error(reading.kind);
    expect(reading.forwardMpa - reading.backwardMpa).toBeCloseTo(0.8, 1);
  });
});

describe('a trace with jumps', () => {
  const climb = [increment(0, 0, 0), increment(0.01, 410, 0.001), increment(0.02, 820, 0.002)];

  test('gives the largest stress of the period, not that of the first jump', ({ expect }) => {
    const trace: LoadTrace = {
      increments: [
        ...climb,
        increment(0.021, 560, 0.02, 0.021),
        increment(0.03, 929, 0.021),
        increment(0.034, 1093, 0.022),
        increment(0.0345, 700, 0.05, 0.0345),
      ],
      end: 'period',
    };
    const reading = readTrace(trace, cell);
    if (reading.kind !== 'jump') throw new Error(reading.kind);
    // Between the last increment that held and the one that failed: 0.0005 x 41 GPa = 20.5 MPa.
    expect(reading.forwardMpa).toBeCloseTo(1093 + 10.25, 6);
    expect(reading.resolutionMpa).toBeCloseTo(10.25, 6);
    expect(reading.plane).toBe('own');
  });

  test('says when another plane took it', ({ expect }) => {
    const reading = readTrace({ increments: [...climb, increment(0.0205, 300, 0.002, 0.0205)], end: 'other-plane' }, cell);
    expect(reading).toMatchObject({ kind: 'jump', plane: 'other' });
  });

  test('is refused where more energy was released than the stress can do work', ({ expect }) => {
    const collapsed = { ...increment(0.0205, 300, 0.06, 0.0205), energyEv: -4050 };
    expect(readTrace({ increments: [...climb, collapsed], end: 'period' }, cell)).toMatchObject({
      kind: 'not-calculable',
      reason: 'transformed',
    });
  });
});

test('a crystal that gives way instead of coming back has no Peierls stress', ({ expect }) => {
  const { increments } = sine(0);
  const sagging: LoadTrace = { increments: increments.map((it, k) => ({ ...it, stressMpa: it.stressMpa - 0.5 * k })), end: 'period' };
  expect(readTrace(sagging, cell)).toMatchObject({ kind: 'not-calculable', reason: 'transformed' });
});

test('a trace without a full period has no Peierls stress', ({ expect }) => {
  expect(readTrace({ ...sine(0), end: 'increments' }, cell)).toMatchObject({ kind: 'not-calculable', reason: 'increments-exhausted' });
});

test('increments that were not relaxed are not believed', ({ expect }) => {
  const { increments } = sine(0);
  const trace: LoadTrace = { increments: increments.map((it, k) => (k % 3 === 0 ? { ...it, forceNorm: 1e-2 } : it)), end: 'period' };
  expect(readTrace(trace, cell)).toMatchObject({ kind: 'not-calculable', reason: 'not-converged' });
});
