import type { PointResult } from './point.js';

/** Below this, Bohr magnetons an atom, nothing is magnetic: what codes print for metals without moments. */
const noMoment = 0.1;
/** Part of the set's largest moment that every member must keep; strains of 1 % and faults change it by a few per cent (Fe, Ni). */
const kept = 0.5;

/**
 * Whether points of one elastic tensor or gamma surface are in different magnetic states, in a sentence: their energies then differ by the loss
 * of a moment, not by the strain or fault. Undefined where moments agree or nobody told any.
 */
export function momentLost(results: Readonly<Record<string, PointResult>>): string | undefined {
  const moments = Object.entries(results).flatMap(([label, { magneticMoment, structure }]) =>
    magneticMoment === undefined ? [] : [{ label, perAtom: Math.abs(magneticMoment) / structure.sites.length }],
  );
  const largest = moments.toSorted((a, b) => b.perAtom - a.perAtom)[0];
  if (largest === undefined || largest.perAtom < noMoment) return undefined;
  const lost = moments.filter(({ perAtom }) => perAtom < kept * largest.perAtom);
  if (lost.length === 0) return undefined;
  const told = lost.slice(0, 4).map(({ label, perAtom }) => `${label} ${perAtom.toFixed(2)}`);
  return `Bohr magnetons an atom: ${told.join(', ')}${lost.length > 4 ? ' and others' : ''}, where ${largest.label} has ${largest.perAtom.toFixed(2)}`;
}
