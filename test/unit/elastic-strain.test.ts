import { describe, it } from 'vitest';
import { elasticPoints, ElasticSettings, fitElastic, type CompletedElasticFit, type ElasticFit } from '../../domain/elastic-strain.js';
import { elasticMatrix, type CrystalSystem } from '../../domain/elastic-symmetry.js';
import { PointTask, type PointResult } from '../../domain/point.js';
import type { Structure } from '../../domain/structure.js';
import { determinant, identity3, inverse, matMul, transpose, type Mat3 } from '../../domain/vector.js';
import { crcCubic, crcHexagonal } from './data/crc-elastic.js';

const settings = ElasticSettings.parse({});
const indium = { C11: 45.2, C12: 40.0, C13: 41.2, C33: 44.9, C44: 6.52, C66: 12.0 };

const copper: [CrystalSystem, Record<string, number>, Structure] = ['cubic', crcCubic['Cu'] ?? {}, crystal(scaled(3.6))];

const crystals: [CrystalSystem, Record<string, number>, Structure][] = [
  copper,
  [
    'hexagonal',
    crcHexagonal['Zn'] ?? {},
    crystal([
      [2.7, 0, 0],
      [-1.35, 1.35 * Math.sqrt(3), 0],
      [0, 0, 4.9],
    ]),
  ],
  [
    'tetragonal',
    indium,
    crystal([
      [3.2, 0, 0],
      [0, 3.2, 0],
      [0, 0, 4.9],
    ]),
  ],
];

describe('elastic tensor from strains', () => {
  it.for(crystals)('is exact for a %s crystal that is linear in the Lagrangian strain', ([system, constants, structure], { expect }) => {
    const fit = completed(calculate(system, structure, hyperelastic(structure, elasticMatrix(system, constants))));
    for (const [name, value] of Object.entries(constants)) expect(fit.constants[name]).toBeCloseTo(value, 8);
    expect(fit.residualGpa).toBeLessThan(1e-8);
    expect(fit.residualStressGpa).toBeLessThan(1e-8);
  });

  it.for(crystals)(
    'is the same for a non-linear %s crystal with and without symmetry reduction',
    ([system, constants, structure], { expect }) => {
      // Third-order constants of metals are some ten times the second-order ones; the odd error that remains is fourth order times e^2.
      const calculator = hyperelastic(structure, elasticMatrix(system, constants), { third: -8, fourth: 60 });
      const reduced = completed(calculate(system, structure, calculator));
      const full = completed(calculate('triclinic', structure, calculator));
      for (const [k, value] of full.tensor.gpa.flat().entries())
        expect(Math.abs((reduced.tensor.gpa.flat()[k] ?? Number.NaN) - value)).toBeLessThan(0.02);
      for (const [name, value] of Object.entries(constants))
        expect(Math.abs((reduced.constants[name] ?? Number.NaN) - value)).toBeLessThan(0.02);
      expect(reduced.report.passed).toBe(full.report.passed);
    },
  );

  it('keeps only the third-order error, below 0.5 %, with one amplitude of 0.005', ({ expect }) => {
    const [system, constants, structure] = copper;
    const calculator = hyperelastic(structure, elasticMatrix(system, constants), { third: -8, fourth: 60 });
    const fit = completed(calculate(system, structure, calculator, { ...settings, amplitudes: [0.005] }));
    for (const [name, value] of Object.entries(constants)) expect(Math.abs((fit.constants[name] ?? 0) / value - 1)).toBeLessThan(0.005);
  });

  it('asks for the fewest strains the crystal system allows', ({ expect }) => {
    const components = (system: CrystalSystem): number[] => [
      ...new Set(elasticPoints(crystal(scaled(3)), system, settings).plan.strains.map((strain) => strain.component)),
    ];
    expect(components('cubic')).toEqual([1, 4]);
    expect(components('hexagonal')).toEqual([1, 3, 4]);
    expect(components('tetragonal')).toEqual([1, 3, 4, 6]);
    expect(components('orthorhombic')).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('asks for valid points with readable labels, free ions and no rotation', ({ expect }) => {
    const { tasks, plan } = elasticPoints(crystal(scaled(3)), 'cubic', ElasticSettings.parse({ amplitudes: [0.005] }));
    expect(tasks.map((task) => task.label)).toEqual(['strain/e1/+0.005', 'strain/e1/-0.005', 'strain/e4/+0.005']);
    for (const task of tasks) {
      expect(PointTask.parse(task)).toMatchObject({ relax: 'ions', periodic: [true, true, true] });
      expect(task.structure.lattice[1][2]).toBeCloseTo(task.structure.lattice[2][1], 12);
    }
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it('applies both signs of a shear where the cell has no symmetry that turns one into the other', ({ expect }) => {
    const shears = (system: CrystalSystem, structure: Structure): number =>
      elasticPoints(structure, system, ElasticSettings.parse({ amplitudes: [0.005] })).plan.strains.filter(({ component }) => component > 3)
        .length;
    expect([shears('cubic', crystal(scaled(3))), shears('tetragonal', crystal(scaled(3)))]).toEqual([1, 2]);
    expect(shears('cubic', { ...crystal(scaled(3)), repeats: [2, 2, 2] })).toBe(6);
    expect(shears('triclinic', crystal(scaled(3)))).toBe(6);
  });

  it('refuses a missing point by name', ({ expect }) => {
    const [system, constants, structure] = copper;
    const calculator = hyperelastic(structure, elasticMatrix(system, constants));
    const { tasks, plan } = elasticPoints(structure, system, settings);
    const results = Object.fromEntries(tasks.slice(1).map((task) => [task.label, calculator(task)]));
    expect(fitElastic(plan, results)).toEqual({ kind: 'failed', reason: 'missing-point', evidence: 'no result for strain/e1/+0.005' });
  });

  it('refuses a point without stress, with NaN, or with another cell', ({ expect }) => {
    const [system, constants, structure] = copper;
    const good = hyperelastic(structure, elasticMatrix(system, constants));
    const spoilt = (spoil: (result: PointResult) => PointResult): ElasticFit => calculate(system, structure, (task) => spoil(good(task)));
    expect(spoilt(({ energyEv, structure, maxForceEvPerAngstrom }) => ({ energyEv, structure, maxForceEvPerAngstrom }))).toMatchObject({
      kind: 'failed',
      reason: 'no-stress',
    });
    expect(spoilt((result) => ({ ...result, stressGpa: [Number.NaN, 0, 0, 0, 0, 0] }))).toMatchObject({
      kind: 'failed',
      reason: 'not-a-number',
    });
    expect(spoilt((result) => ({ ...result, structure }))).toMatchObject({ kind: 'failed', reason: 'cell-changed' });
  });

  it('reports an unstable crystal as a result', ({ expect }) => {
    const structure = crystal(scaled(2.8));
    const fit = completed(
      calculate('cubic', structure, hyperelastic(structure, elasticMatrix('cubic', { C11: 87.1, C12: 360.3, C44: 184.2 }))),
    );
    expect(fit.report).toMatchObject({ stable: false, passed: false });
  });

  it('shows noise in its residual and finds the stress of a crystal that was not relaxed', ({ expect }) => {
    const structure = crystal(scaled(3.6));
    const exact = hyperelastic(structure, elasticMatrix('cubic', crcCubic['Cu'] ?? {}));
    const strange = completed(
      calculate('cubic', structure, (task) => withStress(exact(task), [2, 2, 2, task.label.includes('+') ? 0.3 : 0, 0, 0])),
    );
    expect(strange.residualStressGpa).toBeGreaterThan(1.9);
    expect(strange.residualGpa).toBeGreaterThan(5);
    expect(strange.report.gates.filter((gate) => !gate.passed).map((gate) => gate.name)).toEqual(['fit residual', 'residual stress']);
  });
});

function scaled(a: number): Mat3 {
  return [
    [a, 0, 0],
    [0, a, 0],
    [0, 0, a],
  ];
}

function crystal(lattice: Mat3): Structure {
  return { lattice, sites: [{ species: 'Cu', position: [0, 0, 0] }], species: { Cu: { Cu: 1 } } };
}

function calculate(
  system: CrystalSystem,
  structure: Structure,
  calculator: (task: PointTask) => PointResult,
  chosen = settings,
): ElasticFit {
  const { tasks, plan } = elasticPoints(structure, system, chosen);
  return fitElastic(plan, Object.fromEntries(tasks.map((task) => [task.label, calculator(task)])));
}

function completed(fit: ElasticFit): CompletedElasticFit {
  if (fit.kind === 'failed') throw new Error(fit.evidence);
  return fit;
}

function withStress(result: PointResult, extra: readonly number[]): PointResult {
  const [xx, yy, zz, yz, xz, xy] = (result.stressGpa ?? [0, 0, 0, 0, 0, 0]).map((value, i) => value + (extra[i] ?? 0));
  return { ...result, stressGpa: [xx ?? 0, yy ?? 0, zz ?? 0, yz ?? 0, xz ?? 0, xy ?? 0] };
}

/**
 * A calculator with the energy density U = E:C:E/2 (1 + a tr E + b (tr E)^2) in the Lagrangian strain E, which has the symmetry of C:
 * S = C:E (1 + a tr E + b (tr E)^2) + (E:C:E/2)(a + 2 b tr E) 1, and Cauchy stress F S F^T / det F.
 */
function hyperelastic(rest: Structure, c: number[][], { third = 0, fourth = 0 } = {}): (task: PointTask) => PointResult {
  return (task) => {
    const f = transpose(matMul(inverse(rest.lattice), task.structure.lattice));
    const cauchyGreen = matMul(transpose(f), f);
    const e = cauchyGreen.map((row, i) => row.map((value, j) => (value - (identity3[i]?.[j] ?? 0)) / 2));
    const voigt = [e[0]?.[0], e[1]?.[1], e[2]?.[2], 2 * (e[1]?.[2] ?? 0), 2 * (e[0]?.[2] ?? 0), 2 * (e[0]?.[1] ?? 0)].map(
      (value) => value ?? 0,
    );
    const linear = c.map((row) => row.reduce((sum, value, k) => sum + value * (voigt[k] ?? 0), 0));
    const half = linear.reduce((sum, value, k) => sum + (value * (voigt[k] ?? 0)) / 2, 0);
    const trace = (voigt[0] ?? 0) + (voigt[1] ?? 0) + (voigt[2] ?? 0);
    const [sxx = 0, syy = 0, szz = 0, syz = 0, sxz = 0, sxy = 0] = linear.map(
      (value, k) => value * (1 + third * trace + fourth * trace * trace) + (k < 3 ? half * (third + 2 * fourth * trace) : 0),
    );
    const cauchy = matMul(
      matMul(f, [
        [sxx, sxy, sxz],
        [sxy, syy, syz],
        [sxz, syz, szz],
      ]),
      transpose(f),
    );
    const j = determinant(f);
    return {
      energyEv: 0,
      stressGpa: [cauchy[0][0] / j, cauchy[1][1] / j, cauchy[2][2] / j, cauchy[1][2] / j, cauchy[0][2] / j, cauchy[0][1] / j],
      structure: task.structure,
      maxForceEvPerAngstrom: 0,
    };
  };
}
