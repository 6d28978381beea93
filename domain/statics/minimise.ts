import type { Preconditioner } from './preconditioner.js';

/** Energy at `positions`; fills `forces`. */
export type EnergyAndForces = (positions: Float64Array, forces: Float64Array) => number;

export interface Minimum {
  energyEv: number;
  /** Two-norm of the forces that are left. */
  forceNorm: number;
  evaluations: number;
  converged: boolean;
}

/** What a minimisation learned of the curvature; the next one of nearly the same crystal starts with it. */
export interface Memory {
  steps: Float64Array[];
  changes: Float64Array[];
  curvatures: number[];
  /** Stiffness of the crystal in units of the preconditioner's, and for how many more steps it is taken to hold. */
  scale: number;
  scaleHolds: number;
}

/** With fewer, later minimisations forget what the first ones learned: 12 take half as many evaluations again. */
const remembered = 32;
/** Finding the scale costs as much as the preconditioner itself. */
const scaleSteps = 8;
/** Longest move of a coordinate in one step, angstrom: as in LAMMPS. */
const longestMove = 0.1;
/** Armijo and curvature conditions of the line search; rounding of a crystal's energy, relative. */
const sufficient = 1e-4;
const rounding = 1e-13;
const shrinks = 12;

export function emptyMemory(): Memory {
  return { steps: [], changes: [], curvatures: [], scale: 1, scaleHolds: 0 };
}

/**
 * Limited-memory BFGS (Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 7.4) with the inverse of a preconditioner as first
 * approximation. Moves `positions` to a minimum in place, `forces` are those there. Stops at `forceNorm` eV/angstrom or after so many evaluations.
 * Near the end energies differ by less than rounding; there a step is good if the slope along it has become smaller.
 */
export function minimise(
  evaluate: EnergyAndForces,
  positions: Float64Array,
  forces: Float64Array,
  {
    forceNorm,
    evaluations: allowed,
    preconditioner,
    memory = emptyMemory(),
  }: {
    forceNorm: number;
    evaluations: number;
    preconditioner: Preconditioner;
    memory?: Memory;
  },
): Minimum {
  const size = positions.length;
  const direction = new Float64Array(size);
  const before = new Float64Array(size);
  const oldForces = new Float64Array(size);
  let energy = evaluate(positions, forces);
  let evaluations = 1;
  let left = norm(forces);
  while (left > forceNorm && evaluations < allowed && Number.isFinite(energy)) {
    descend(direction, forces, memory, preconditioner);
    let slope = -dot(direction, forces);
    if (!(slope < 0)) {
      forget(memory);
      descend(direction, forces, memory, preconditioner);
      slope = -dot(direction, forces);
    }
    const longest = direction.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
    let length = Math.min(1, longestMove / longest);
    before.set(positions);
    oldForces.set(forces);
    const oldEnergy = energy;
    let accepted = false;
    for (let shrink = 0; shrink < shrinks && !accepted; shrink += 1) {
      for (let i = 0; i < size; i += 1) positions[i] = (before[i] as number) + length * (direction[i] as number);
      energy = evaluate(positions, forces);
      evaluations += 1;
      const newSlope = -dot(direction, forces);
      const uncertain = rounding * Math.abs(energy) + 1e-12;
      accepted =
        energy <= oldEnergy + sufficient * length * slope ||
        (energy <= oldEnergy + 10 * uncertain && Math.abs(newSlope) <= 0.95 * Math.abs(slope));
      // A parabola through both slopes has its bottom here.
      if (!accepted) length *= Math.min(0.5, Math.max(0.1, slope / (slope - newSlope)));
    }
    if (!accepted) {
      positions.set(before);
      energy = evaluate(positions, forces);
      evaluations += 1;
      left = norm(forces);
      if (memory.steps.length === 0) break;
      forget(memory);
      continue;
    }
    remember(memory, positions, before, forces, oldForces);
    left = norm(forces);
  }
  return { energyEv: energy, forceNorm: left, evaluations, converged: left <= forceNorm };
}

/** The direction -H g, where g = -forces. */
function descend(direction: Float64Array, forces: Float64Array, memory: Memory, preconditioner: Preconditioner): void {
  const { steps, changes, curvatures } = memory;
  direction.set(forces);
  const weights = new Float64Array(steps.length);
  for (let k = steps.length - 1; k >= 0; k -= 1) {
    const weight = dot(steps[k] as Float64Array, direction) / (curvatures[k] as number);
    weights[k] = weight;
    addTo(direction, changes[k] as Float64Array, -weight);
  }
  preconditioner.solve(direction);
  const scale = scaleOf(memory, preconditioner);
  for (let i = 0; i < direction.length; i += 1) direction[i] = scale * (direction[i] as number);
  for (let k = 0; k < steps.length; k += 1) {
    const weight = (weights[k] as number) - dot(changes[k] as Float64Array, direction) / (curvatures[k] as number);
    addTo(direction, steps[k] as Float64Array, weight);
  }
}

/** s.y / y.P^-1.y of the newest step s and change y of the gradient (Nocedal & Wright, eq. 7.20, with a preconditioner P). */
function scaleOf(memory: Memory, preconditioner: Preconditioner): number {
  const { changes, curvatures } = memory;
  const newest = changes.at(-1);
  if (newest === undefined) return 1;
  memory.scaleHolds -= 1;
  if (memory.scaleHolds > 0) return memory.scale;
  const change = newest.slice();
  preconditioner.solve(change);
  memory.scale = (curvatures.at(-1) ?? Number.NaN) / dot(newest, change);
  memory.scaleHolds = Math.min(changes.length, scaleSteps);
  return memory.scale;
}

function remember(memory: Memory, positions: Float64Array, before: Float64Array, forces: Float64Array, oldForces: Float64Array): void {
  const full = memory.steps.length >= remembered;
  const step = full ? (memory.steps.shift() as Float64Array) : new Float64Array(positions.length);
  const change = full ? (memory.changes.shift() as Float64Array) : new Float64Array(positions.length);
  if (full) memory.curvatures.shift();
  for (let i = 0; i < step.length; i += 1) {
    step[i] = (positions[i] as number) - (before[i] as number);
    // Change of the gradient, which is minus the forces.
    change[i] = (oldForces[i] as number) - (forces[i] as number);
  }
  const curvature = dot(step, change);
  if (curvature <= 1e-12 * Math.sqrt(dot(step, step) * dot(change, change))) return;
  memory.steps.push(step);
  memory.changes.push(change);
  memory.curvatures.push(curvature);
}

function forget(memory: Memory): void {
  memory.steps.length = 0;
  memory.changes.length = 0;
  memory.curvatures.length = 0;
  memory.scaleHolds = 0;
}

function addTo(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i += 1) target[i] = (target[i] as number) + factor * (vector[i] as number);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

export function norm(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}
