import { loadingSteps } from '../loading-steps.js';
import type { LoadIncrement, LoadTrace, ShearLoading } from '../shear-loading.js';
import type { Mat3 } from '../vector.js';
import type { EamTable } from './eam-table.js';
import { EmbeddedAtoms } from './embedded-atoms.js';
import { emptyMemory, minimise, type Minimum } from './minimise.js';
import { springPreconditioner } from './preconditioner.js';

/** eV/angstrom^3 in MPa. */
const mpaPerEvPerCubicAngstrom = 160_217.6634;

/**
 * Evaluations of energy and forces in the first relaxation, in an increment, and in all. Usual are 100, 40 and 300 for a smooth trace, 2,000 for
 * one with jumps; one that takes more hangs on an atom that falls into another, or on a crystal that changes.
 */
const evaluationsAllowed = { first: 2000, increment: 500, all: 3000 };
/** So many increments that were not relaxed spoil a trace (`domain/load-trace.ts` allows a fifth of them). */
const badAllowed = 4;

/**
 * Relaxes a dislocation between rigid slabs and drives it over one period (`domain/shear-loading.ts`). A step shears the crystal; after it was
 * relaxed, what the stress lacks against elastic loading says how far the dislocation went. A jump is undone and tried with a third of the
 * step until it is pinned down. `positions` are x, y, z in angstrom, period vectors along x and in the xy plane; they end at the last increment.
 */
export function shearLoad(
  table: EamTable,
  positions: Float64Array,
  lattice: Mat3,
  loading: ShearLoading,
): { trace: LoadTrace; evaluations: number } {
  const periodic = [true, true, false] as const;
  const { axis, sense, rigidBelow, rigidAbove, below, above, slipPerPeriod, modulusGpa, forceNorm } = loading;
  const component = axis === 'x' ? 0 : 1;
  const height = rigidAbove - rigidBelow;
  const gap = (above[0] + above[1] - below[0] - below[1]) / 2;
  const area = lattice[0][0] * lattice[1][1];
  const modulusMpa = modulusGpa * 1000;
  const strainPerPeriod = slipPerPeriod / height;
  const ordinaryStep = strainPerPeriod / loadingSteps.perPeriod;

  const atoms = positions.length / 3;
  const between = (low: number, high: number): number[] =>
    Array.from({ length: atoms }, (_, i) => i).filter((i) => low <= (positions[3 * i + 2] ?? 0) && (positions[3 * i + 2] ?? 0) <= high);
  const edge = 0.05;
  const lower = between(-Infinity, rigidBelow + edge);
  const upper = between(rigidAbove - edge, Infinity);
  const [layerBelow, layerAbove] = [between(...below), between(...above)];
  const rigid = new Uint8Array(atoms);
  for (const atom of [...lower, ...upper]) rigid[atom] = 1;

  const crystal = new EmbeddedAtoms(table, positions, lattice, periodic);
  const start = positions.slice();
  const forces = new Float64Array(positions.length);
  let onSlabs = 0;
  const total = (group: readonly number[]): number => group.reduce((sum, atom) => sum + (forces[3 * atom + component] ?? 0), 0);
  const evaluate = (x: Float64Array, f: Float64Array): number => {
    const energy = crystal.evaluate(x, f);
    onSlabs = total(lower) - total(upper);
    for (const group of [lower, upper]) for (const atom of group) f.fill(0, 3 * atom, 3 * atom + 3);
    return energy;
  };
  const mean = (group: readonly number[]): number =>
    group.reduce((sum, atom) => sum + (positions[3 * atom + component] ?? 0) - (start[3 * atom + component] ?? 0), 0) / group.length;

  const preconditioner = springPreconditioner(positions, lattice, periodic, rigid);
  const memory = emptyMemory();
  const relax = (evaluations: number): Minimum => minimise(evaluate, positions, forces, { forceNorm, evaluations, preconditioner, memory });
  const increments: LoadIncrement[] = [];
  const measure = (strain: number, { energyEv, forceNorm: left }: Minimum): LoadIncrement => {
    const stressMpa = (sense * mpaPerEvPerCubicAngstrom * onSlabs) / (2 * area);
    const slipAngstrom = sense * (mean(layerAbove) - mean(layerBelow)) - (gap / modulusMpa) * stressMpa;
    return { strain, stressMpa, slipAngstrom, energyEv, forceNorm: left };
  };

  let last = measure(0, relax(evaluationsAllowed.first));
  increments.push(last);
  const firstSlip = last.slipAngstrom;
  let step = ordinaryStep;
  let jumped = 0;
  let bad = 0;
  let closing = false;
  let failedStrain: number | undefined;
  let accepted = positions.slice();
  // The state before the accepted one, for extrapolation; a jump is not continued.
  let earlier: { positions: Float64Array; step: number } | undefined;
  for (let count = 0; count < loadingSteps.allowed && crystal.evaluations < evaluationsAllowed.all; count += 1) {
    if (earlier === undefined) shear(positions, component, sense * step * height, rigidBelow, rigidAbove);
    else {
      const ratio = step / earlier.step;
      for (let i = 0; i < positions.length; i += 1) {
        const here = accepted[i] as number;
        positions[i] = here + ratio * (here - (earlier.positions[i] as number));
      }
    }
    const now = measure(last.strain + step, relax(evaluationsAllowed.increment));
    // What the stress lacks against elastic loading is slip, wherever it happened; the layers at the slip plane see only their own.
    const slipped = (step - (now.stressMpa - last.stressMpa) / modulusMpa) * height;
    const isJump = slipped > loadingSteps.jump * slipPerPeriod;
    const finest = Math.max(
      (loadingSteps.stressResolution * Math.abs(last.stressMpa)) / modulusMpa,
      strainPerPeriod * loadingSteps.strainResolution,
    );
    if (isJump && step > finest) {
      positions.set(accepted);
      failedStrain = last.strain + step;
      closing = true;
      step /= 3;
      continue;
    }
    const glide = now.slipAngstrom - last.slipAngstrom;
    increments.push(isJump ? { ...now, failedStrain: failedStrain ?? now.strain } : now);
    bad += Number(now.forceNorm > forceNorm);
    if (bad >= badAllowed) break;
    last = now;
    jumped += Number(isJump);
    earlier = isJump ? undefined : { positions: accepted, step };
    accepted = positions.slice();
    const advanced = (last.slipAngstrom - firstSlip) / slipPerPeriod;
    if (isJump && glide < slipped / 2) return end('other-plane');
    if ((jumped > 0 && advanced > loadingSteps.jumpEnd) || advanced > loadingSteps.smoothEnd) return end('period');
    const plastic = slipped / step / height;
    if (isJump) {
      closing = false;
      step = ordinaryStep;
    }
    if (!closing && plastic < 0.2 && step < (strainPerPeriod * loadingSteps.largest) / loadingSteps.growth) step *= loadingSteps.growth;
    if (plastic > 0.4 && step > ordinaryStep) step = ordinaryStep;
  }
  return end('increments');

  function end(reason: LoadTrace['end']): { trace: LoadTrace; evaluations: number } {
    return { trace: { increments, end: reason }, evaluations: crystal.evaluations };
  }
}

/** Shears the atoms between two heights by `distance`; those above move as one, those below stay. */
function shear(positions: Float64Array, component: number, distance: number, low: number, high: number): void {
  for (let i = 0; i < positions.length; i += 3) {
    const part = Math.min(1, Math.max(0, ((positions[i + 2] ?? 0) - low) / (high - low)));
    positions[i + component] = (positions[i + component] ?? 0) + part * distance;
  }
}
