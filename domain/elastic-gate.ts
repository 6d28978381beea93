import { z } from 'zod';
import { assertNever } from './assert-never.js';
import { symmetricEigen } from './eigen.js';
import type { CrystalSystem } from './elastic-symmetry.js';
import { asymmetry, majorSymmetric, polycrystalModuli, type ElasticTensor } from './elastic-tensor.js';

/** One question asked of a tensor. `value` met `limit` where `passed`; `message` is the sentence for a person. */
export const ElasticGate = z.strictObject({
  name: z.string(),
  passed: z.boolean(),
  value: z.number(),
  limit: z.number(),
  message: z.string(),
});
export type ElasticGate = z.infer<typeof ElasticGate>;

/** `stable`: every gate of mechanical stability passed. `passed`: all gates did, and the tensor may be used. */
export const ElasticGateReport = z.strictObject({ passed: z.boolean(), stable: z.boolean(), gates: z.array(ElasticGate) });
export type ElasticGateReport = z.infer<typeof ElasticGateReport>;

export interface ElasticGateEvidence {
  /** Rms distance between what was measured and the tensor that was fitted, GPa. */
  residualGpa?: number;
  /** Largest stress component left in the unstrained crystal, GPa. */
  residualStressGpa?: number;
  /** C11 from the energies of the same points, GPa, and the stress along x of the unstrained crystal that they say. */
  energies?: { c11Gpa?: number; stressGpa: number };
}

/**
 * Limits. Asymmetry and fit residual are relative to the largest constant: 2 % and 5 % are well above the noise of converged DFT stresses
 * and far below any wrong tensor. C66 within 5 % and moduli within 1 to 1000 GPa: the ranges of the elements, from potassium to diamond.
 * A residual stress of 1 GPa shifts the constants of a metal by some 5 GPa. C11 from energies within 10 % of that from stresses: converged runs
 * agree to 2 % (docs/first-principles.md), too few plane waves do not.
 */
const limits = { asymmetry: 0.02, identity: 0.05, residual: 0.05, residualStressGpa: 1, moduliGpa: [1, 1000], energies: 0.1 } as const;

/** Asks everything that can be asked of a tensor in crystal axes before it is used. A failed gate is a result, never an exception. */
export function elasticGates({ gpa }: ElasticTensor, system: CrystalSystem, evidence: ElasticGateEvidence = {}): ElasticGateReport {
  const notFinite = gpa.flat().filter((entry) => !Number.isFinite(entry)).length;
  const finite = atMost('finite', notFinite, 0, `${notFinite} of 36 constants are not finite numbers`);
  if (!finite.passed) return { passed: false, stable: false, gates: [finite] };
  const largest = Math.max(...gpa.flat().map(Math.abs));
  const symmetric = { gpa: majorSymmetric(gpa), axes: 'crystal' as const };
  const lowest = symmetricEigen(symmetric.gpa).values[0] ?? Number.NaN;
  const stability = [
    above('positive-definite', lowest, 0, `lowest eigenvalue of the elastic matrix is ${lowest.toFixed(2)} GPa`),
    ...bornGates(symmetric.gpa, system),
  ];
  const stable = stability.every((gate) => gate.passed);
  const gates = [
    finite,
    atMost('symmetric', asymmetry(gpa) / largest, limits.asymmetry, `largest |Cij - Cji| is ${asymmetry(gpa).toFixed(2)} GPa`),
    ...stability,
    ...(stable ? averageGates(symmetric) : []),
    ...(system === 'hexagonal' ? [hexagonalIdentity(symmetric.gpa)] : []),
    ...evidenceGates(evidence, largest),
    ...energyGates(evidence, symmetric.gpa[0]?.[0] ?? Number.NaN),
  ];
  return { passed: gates.every((gate) => gate.passed), stable, gates };
}

/**
 * Necessary and sufficient conditions of mechanical stability (Mouhat & Coudert, PRB 90, 224104 (2014)): every left side is positive.
 * A triclinic crystal has no closed form beyond the eigenvalues.
 */
function bornGates(gpa: number[][], system: CrystalSystem): ElasticGate[] {
  const c = (i: number, j: number): number => gpa[i - 1]?.[j - 1] ?? Number.NaN;
  const born = (left: string, value: number): ElasticGate =>
    above(`born ${left} > 0`, value, 0, `${left} = ${Number(value.toPrecision(4))}`);
  switch (system) {
    case 'cubic':
      return [born('C11-C12', c(1, 1) - c(1, 2)), born('C11+2C12', c(1, 1) + 2 * c(1, 2)), born('C44', c(4, 4))];
    case 'hexagonal':
    case 'tetragonal':
      return [
        born('C11-|C12|', c(1, 1) - Math.abs(c(1, 2))),
        born('C33(C11+C12)-2C13^2', c(3, 3) * (c(1, 1) + c(1, 2)) - 2 * c(1, 3) ** 2),
        born('C44', c(4, 4)),
        born('C66', c(6, 6)),
      ];
    case 'orthorhombic':
      return [
        born('C11', c(1, 1)),
        born('C11C22-C12^2', c(1, 1) * c(2, 2) - c(1, 2) ** 2),
        born(
          'C11C22C33+2C12C13C23-C11C23^2-C22C13^2-C33C12^2',
          c(1, 1) * c(2, 2) * c(3, 3) +
            2 * c(1, 2) * c(1, 3) * c(2, 3) -
            c(1, 1) * c(2, 3) ** 2 -
            c(2, 2) * c(1, 3) ** 2 -
            c(3, 3) * c(1, 2) ** 2,
        ),
        ...[4, 5, 6].map((i) => born(`C${i}${i}`, c(i, i))),
      ];
    case 'triclinic':
      return [];
    default:
      return assertNever(system);
  }
}

/** The Voigt averages carry the range; Reuss lies between zero (positive eigenvalues) and Voigt, so its own range needs no gate. */
function averageGates(tensor: ElasticTensor): ElasticGate[] {
  const { bulk, shear } = polycrystalModuli(tensor);
  const excess = Math.min(bulk.voigt - bulk.reuss, shear.voigt - shear.reuss);
  const [low, high] = limits.moduliGpa;
  const range = (name: string, value: number): ElasticGate[] => [
    above(`${name} above ${low} GPa`, value, low, `Voigt ${name} is ${value.toFixed(2)} GPa`),
    atMost(`${name} below ${high} GPa`, value, high, `Voigt ${name} is ${value.toFixed(2)} GPa`),
  ];
  // Equality holds for the bulk modulus of every cubic crystal, so the limit leaves room for rounding.
  const rounding = -1e-9 * bulk.voigt;
  return [
    above('voigt >= reuss', excess, rounding, `smallest Voigt - Reuss is ${excess.toFixed(3)} GPa`),
    ...range('bulk modulus', bulk.voigt),
    ...range('shear modulus', shear.voigt),
  ];
}

function hexagonalIdentity(gpa: number[][]): ElasticGate {
  const [expected, found] = [((gpa[0]?.[0] ?? 0) - (gpa[0]?.[1] ?? 0)) / 2, gpa[5]?.[5] ?? 0];
  return atMost(
    'C66 = (C11-C12)/2',
    Math.abs(found - expected) / Math.abs(expected),
    limits.identity,
    `C66 is ${found.toFixed(2)} GPa, (C11-C12)/2 is ${expected.toFixed(2)} GPa`,
  );
}

function evidenceGates({ residualGpa, residualStressGpa }: ElasticGateEvidence, largest: number): ElasticGate[] {
  return [
    ...(residualGpa === undefined
      ? []
      : [
          atMost(
            'fit residual',
            residualGpa / largest,
            limits.residual,
            `measured and fitted constants differ by ${residualGpa.toFixed(2)} GPa rms`,
          ),
        ]),
    ...(residualStressGpa === undefined
      ? []
      : [
          atMost(
            'residual stress',
            residualStressGpa,
            limits.residualStressGpa,
            `the unstrained crystal carries ${residualStressGpa.toFixed(2)} GPa; relax it with the same settings`,
          ),
        ]),
  ];
}

/** Energies know nothing of the stresses that the constants come from: they tell when a basis is too small for stresses. */
function energyGates({ energies }: ElasticGateEvidence, c11: number): ElasticGate[] {
  if (energies === undefined) return [];
  const { c11Gpa, stressGpa } = energies;
  return [
    atMost(
      'stress from energies',
      Math.abs(stressGpa),
      limits.residualStressGpa,
      `the energies of opposite strains say ${stressGpa.toFixed(2)} GPa for the unstrained crystal; raise the cutoff`,
    ),
    ...(c11Gpa === undefined
      ? []
      : [
          atMost(
            'C11 from energies',
            Math.abs(c11Gpa / c11 - 1),
            limits.energies,
            `C11 is ${c11.toFixed(1)} GPa from stresses and ${c11Gpa.toFixed(1)} GPa from energies`,
          ),
        ]),
  ];
}

function above(name: string, value: number, limit: number, message: string): ElasticGate {
  return { name, passed: value > limit, value, limit, message };
}

function atMost(name: string, value: number, limit: number, message: string): ElasticGate {
  return { name, passed: value <= limit, value, limit, message };
}
