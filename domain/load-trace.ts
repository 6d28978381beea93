import { leastSquares } from './least-squares.js';
import type { LoadIncrement, LoadTrace } from './shear-loading.js';

/** What a trace says about the Peierls stress of one cell. Stresses in MPa, positive where the dislocation resists. */
export type TraceReading =
  | {
      kind: 'smooth';
      /** Largest stress in the sense of loading, and against it: the other flank of the same barrier. */
      forwardMpa: number;
      backwardMpa: number;
    }
  | {
      kind: 'jump';
      forwardMpa: number;
      /** Half of the interval in which the jump happened. */
      resolutionMpa: number;
      /** Whether the slip plane of the cell took the jump, or another plane or reaction. */
      plane: 'own' | 'other';
    }
  | { kind: 'not-calculable'; reason: 'increments-exhausted' | 'not-converged' | 'transformed'; evidence: string };

/** Remaining force, in units of what was asked for, above which an increment counts as not relaxed; and how many of them are too many. */
const badForce = 20;
const badShare = 0.2;
/** A jump releases at most the plastic work of its stress. Far more means that the crystal around the dislocation has changed as well. */
const releaseFactor = 4;
const releaseNoiseEv = 1;

/** A barrier is the same after a period and, within its asymmetry, both ways; a crystal that gives way is not. Parts of the trace's range. */
const unrepeated = 0.25;
const lopsided = 0.4;
const noiseMpa = 0.05;

/**
 * Reads the Peierls stress off a trace. Smooth: the machine is stiff enough that the dislocation crosses the barrier without a jump, the
 * stress is periodic in the slip, and two harmonics fitted to all increments find its extremes. Jump: the largest stress that was
 * carried on the way over a full period; a screw that first moves by half a period is not over the barrier yet.
 */
export function readTrace(
  { increments, end }: LoadTrace,
  cell: { areaSquareAngstrom: number; heightAngstrom: number; modulusGpa: number; forceNorm: number; slipPerPeriod: number },
): TraceReading {
  const bad = increments.filter(({ forceNorm }) => forceNorm > badForce * cell.forceNorm);
  if (bad.length > badShare * increments.length)
    return notCalculable('not-converged', `${bad.length} of ${increments.length} increments were not relaxed`);
  if (end === 'increments') return notCalculable('increments-exhausted', `no full period within ${increments.length} increments`);
  const jumps = increments.flatMap((increment, index) =>
    increment.failedStrain === undefined ? [] : [{ index, at: increment.failedStrain }],
  );
  if (jumps.length === 0) {
    const stresses = increments.map(({ stressMpa }) => stressMpa);
    const wave = fitWave(increments, cell.slipPerPeriod);
    const forwardMpa = wave?.highest ?? crest(increments, stresses);
    const backwardMpa =
      wave === undefined
        ? crest(
            increments,
            stresses.map((stress) => -stress),
          )
        : -wave.lowest;
    const range = forwardMpa + backwardMpa;
    const mismatch = afterPeriod(increments, cell.slipPerPeriod);
    if (mismatch > unrepeated * range + noiseMpa || Math.abs(forwardMpa - backwardMpa) > lopsided * range + noiseMpa)
      return notCalculable(
        'transformed',
        `the stress does not repeat: ${forwardMpa.toFixed(2)} MPa forward, ${backwardMpa.toFixed(2)} backward, ${mismatch.toFixed(2)} off after a period`,
      );
    return { kind: 'smooth', forwardMpa, backwardMpa };
  }
  const highest = increments.reduce((best, { stressMpa }, index) => (stressMpa > (increments[best]?.stressMpa ?? 0) ? index : best), 0);
  const before = increments[highest];
  const jump = jumps.find(({ index }) => index === highest + 1);
  if (before === undefined) return notCalculable('increments-exhausted', 'the trace is empty');
  // The highest stress was carried; in the increment after it the dislocation jumped, at some stress in between.
  const interval = jump === undefined ? 0 : Math.max(0, (jump.at - before.strain) * cell.modulusGpa * 1000);
  const after = increments[highest + 1];
  if (jump !== undefined && after !== undefined) {
    const drop = before.stressMpa - after.stressMpa + interval;
    const slipAngstrom = (drop / (cell.modulusGpa * 1000)) * cell.heightAngstrom;
    const work = ((before.stressMpa + interval) * slipAngstrom * cell.areaSquareAngstrom) / mpaPerEvPerCubicAngstrom;
    const released = before.energyEv - after.energyEv;
    if (released > releaseFactor * work + releaseNoiseEv)
      return notCalculable(
        'transformed',
        `the jump released ${released.toFixed(2)} eV where its stress can do ${work.toFixed(2)} eV of work`,
      );
  }
  return {
    kind: 'jump',
    forwardMpa: before.stressMpa + interval / 2,
    resolutionMpa: interval / 2,
    plane: end === 'other-plane' ? 'other' : 'own',
  };
}

const mpaPerEvPerCubicAngstrom = 160_217.6634;

/** How far the stress is from where it was one period before, at the last increment; linear between increments. */
function afterPeriod(increments: readonly LoadIncrement[], period: number): number {
  const last = increments.at(-1);
  const target = (last?.slipAngstrom ?? Number.NaN) - period;
  const next = increments.findIndex(({ slipAngstrom }) => slipAngstrom >= target);
  const [before, after] = [increments[next - 1], increments[next]];
  if (last === undefined || before === undefined || after === undefined) return 0;
  const share = (target - before.slipAngstrom) / (after.slipAngstrom - before.slipAngstrom);
  return Math.abs(last.stressMpa - before.stressMpa - share * (after.stressMpa - before.stressMpa));
}

/**
 * Extremes of c + a1 cos x + b1 sin x + a2 cos 2x + b2 sin 2x, x = 2 pi slip / period, fitted by least squares. Undefined where the trace is
 * not such a wave: fewer than seven increments, or residuals above a twentieth of its range.
 */
function fitWave(increments: readonly LoadIncrement[], period: number): { highest: number; lowest: number } | undefined {
  if (increments.length < 7) return undefined;
  const basis = (x: number): number[] => [1, Math.cos(x), Math.sin(x), Math.cos(2 * x), Math.sin(2 * x)];
  const rows = increments.map(({ slipAngstrom }) => basis((2 * Math.PI * slipAngstrom) / period));
  const stresses = increments.map(({ stressMpa }) => stressMpa);
  const coefficients = leastSquares(rows, stresses);
  const value = (row: readonly number[]): number => row.reduce((sum, entry, k) => sum + entry * (coefficients[k] ?? Number.NaN), 0);
  const residual = Math.hypot(...rows.map((row, k) => value(row) - (stresses[k] ?? 0))) / Math.sqrt(rows.length - 5);
  const samples = Array.from({ length: 360 }, (_, k) => value(basis((Math.PI * k) / 180)));
  const [highest, lowest] = [Math.max(...samples), Math.min(...samples)];
  return residual < 0.05 * (highest - lowest) ? { highest, lowest } : undefined;
}

/** Maximum of `values` against slip: of the parabola through the highest interior point and its neighbours. */
function crest(increments: readonly LoadIncrement[], values: readonly number[]): number {
  let top = 1;
  for (let index = 2; index < values.length - 1; index += 1) if ((values[index] ?? 0) > (values[top] ?? 0)) top = index;
  const [x0, x1, x2] = [-1, 0, 1].map((step) => increments[top + step]?.slipAngstrom ?? Number.NaN) as [number, number, number];
  const [y0, y1, y2] = [-1, 0, 1].map((step) => values[top + step] ?? Number.NaN) as [number, number, number];
  const slope = (y2 - y0) / (x2 - x0);
  const bend = ((y2 - y1) / (x2 - x1) - (y1 - y0) / (x1 - x0)) / (x2 - x0);
  const middle = slope + bend * (2 * x1 - x0 - x2);
  // Newton form at x1: y = y1 + middle (x - x1) + bend (x - x1)^2.
  const peak = bend < 0 ? y1 - (middle * middle) / (4 * bend) : y1;
  return Number.isFinite(peak) && y1 >= Math.max(y0, y2) ? Math.max(peak, y1) : Math.max(...values);
}

function notCalculable(reason: Extract<TraceReading, { kind: 'not-calculable' }>['reason'], evidence: string): TraceReading {
  return { kind: 'not-calculable', reason, evidence };
}
