import { describe, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { elasticPoints, ElasticSettings, fitElastic } from '../../domain/elastic-strain.js';
import { assembleGamma, gammaPoints } from '../../domain/gamma-surface.js';
import { concludePeierls, dislocationSizes, peierlsPoints } from '../../domain/peierls-stress.js';
import type { PointResult, PointTask } from '../../domain/point.js';
import { mixed } from '../../domain/potential/mixing.js';
import { ZhouParameters, zhouPotential } from '../../domain/potential/zhou.js';
import { buildPrototype, cellParameters, prototypes } from '../../domain/prototype.js';
import { slipSystem } from '../../domain/slip-system.js';
import { eamKnots, eamTable, type EamTable } from '../../domain/statics/eam-table.js';
import { EmbeddedAtoms } from '../../domain/statics/embedded-atoms.js';
import { minimise } from '../../domain/statics/minimise.js';
import { springPreconditioner } from '../../domain/statics/preconditioner.js';
import { runPoint } from '../../domain/statics/run-point.js';
import { cartesian, deformed, type Structure } from '../../domain/structure.js';
import type { Mat3 } from '../../domain/vector.js';

const zhou = zhouPotential(
  ZhouParameters.parse(JSON.parse(readFileSync(new URL('../../data/potentials/zhou2004.json', import.meta.url), 'utf8'))),
);

describe('statics of embedded atoms', () => {
  it('interpolates the functions of the potential to 1e-5 eV', ({ expect }) => {
    const functions = zhou.functions(['Cu']);
    const table = eamTable(eamKnots(functions, 'Cu'));
    const pairs = new EmbeddedAtoms(table, Float64Array.from([0, 0, 0, 2.6, 0, 0]), box(40), [false, false, false]);
    for (const distance of [2.2, 2.5561, 3.333, 4.8]) {
      const density = functions.density('Cu', distance);
      const expected = functions.pair('Cu', 'Cu', distance) + 2 * functions.embedding('Cu', density);
      const energy = pairs.evaluate(Float64Array.from([0, 0, 0, distance, 0, 0]), new Float64Array(6));
      // The embedding function is the one with the coarser table.
      expect(Math.abs(energy - expected)).toBeLessThan(1e-5);
    }
  });

  it('has forces and a virial that are the slopes of its energy', ({ expect }) => {
    const structure = shaken(repeated(buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.6 }), 2), 0.1);
    const table = metal({ Cu: 1 });
    const positions = flat(structure);
    const forces = new Float64Array(positions.length);
    const virial = new Float64Array(6);
    const crystal = new EmbeddedAtoms(table, positions, structure.lattice, [true, true, true]);
    crystal.evaluate(positions, forces, virial);
    const step = 1e-4;
    for (const index of [0, 7, 29, positions.length - 1]) {
      const at = (offset: number): number => {
        const moved = positions.slice();
        moved[index] = (moved[index] ?? 0) + offset;
        return crystal.evaluate(moved, new Float64Array(positions.length));
      };
      expect(-(at(step) - at(-step)) / (2 * step)).toBeCloseTo(forces[index] ?? Number.NaN, 5);
    }
    const strained = (xy: number): number => {
      const gradient: Mat3 = [
        [1, xy, 0],
        [xy, 1, 0],
        [0, 0, 1],
      ];
      const other = deformed(structure, gradient);
      return new EmbeddedAtoms(table, flat(other), other.lattice, [true, true, true]).evaluate(
        flat(other),
        new Float64Array(positions.length),
      );
    };
    expect(-(strained(step) - strained(-step)) / (4 * step)).toBeCloseTo(virial[5] ?? Number.NaN, 4);
  });

  it('counts every pair once, whatever the shape and repetition of the cell', ({ expect }) => {
    const table = metal({ Ti: 1 });
    const cell = buildPrototype('A3', { A: { Ti: 1 } }, { a: 2.94, c: 4.76 });
    const energy = (structure: Structure): number =>
      new EmbeddedAtoms(table, flat(structure), structure.lattice, [true, true, true]).evaluate(
        flat(structure),
        new Float64Array(3 * structure.sites.length),
      ) / structure.sites.length;
    const [a, b, c] = cell.lattice;
    const leaning: Structure = { ...cell, lattice: [a, [b[0] + 2 * a[0], b[1] + 2 * a[1], b[2]], c] };
    expect(energy(repeated(cell, 3))).toBeCloseTo(energy(cell), 10);
    // The same lattice with other vectors: positions are fractions, so they are taken over as cartesian ones.
    expect(energy(refractioned(leaning, cell))).toBeCloseTo(energy(cell), 10);
  });

  it('finds the minimum in two thirds of the evaluations that it takes without a preconditioner', ({ expect }) => {
    const table = metal({ Cu: 1 });
    const long = shaken(repeated(buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.6 }), 1, 12), 0.05);
    const rigid = Uint8Array.from(long.sites, (_, i) => Number(i < 4));
    const relaxed = (preconditioned: boolean): { energy: number; evaluations: number } => {
      const positions = flat(long);
      const crystal = new EmbeddedAtoms(table, positions, long.lattice, [true, true, true]);
      const preconditioner = preconditioned
        ? springPreconditioner(positions, long.lattice, [true, true, true], rigid)
        : { solve: (vector: Float64Array) => vector.set(vector.map((value) => value / 10)) };
      const held = (x: Float64Array, f: Float64Array): number => {
        const energy = crystal.evaluate(x, f);
        f.fill(0, 0, 12);
        return energy;
      };
      const options = { forceNorm: 1e-7, evaluations: 2000, preconditioner };
      const found = minimise(held, positions, new Float64Array(positions.length), options);
      expect(found.converged).toBe(true);
      return { energy: found.energyEv, evaluations: found.evaluations };
    };
    const [with_, without] = [relaxed(true), relaxed(false)];
    expect(with_.energy).toBeCloseTo(without.energy, 8);
    expect(with_.evaluations).toBeLessThan(without.evaluations / 1.5);
  });

  // Direct LAMMPS runs with the same potential (docs/verification.md): a, C11, C12, C44 in GPa, C13 and C33 of Mg.
  it.for([
    ['Cu', 'A1', 3.61496, { C11: 169.62, C12: 122.14, C44: 75.74 }],
    ['W', 'A2', 3.16485, { C11: 522.55, C12: 204.22, C44: 160.75 }],
    ['Mg', 'A3', 3.19918, { C11: 55.79, C12: 28.7, C13: 20.16, C33: 69.4, C44: 13.84 }],
  ] as const)('reproduces lattice and elastic constants of %s that LAMMPS computes', ([element, prototype, a, constants], { expect }) => {
    const table = metal({ [element]: 1 });
    const relaxed = relaxedCrystal(table, prototype, element);
    expect(cellParameters(relaxed, prototype).a).toBeCloseTo(a, 4);
    const settings = ElasticSettings.parse({ amplitudes: [0.005] });
    const { tasks, plan } = elasticPoints(relaxed, prototypes[prototype].crystalSystem, settings);
    const fit = fitElastic(plan, results(table, tasks));
    if (fit.kind === 'failed') throw new Error(fit.evidence);
    for (const [name, value] of Object.entries(constants)) expect(Math.abs((fit.constants[name] ?? 0) / value - 1)).toBeLessThan(0.003);
  });

  it('reproduces the fault energies of Cu that LAMMPS computes', ({ expect }) => {
    const table = metal({ Cu: 1 });
    const relaxed = relaxedCrystal(table, 'A1', 'Cu');
    const { tasks, plan } = gammaPoints(
      relaxed,
      slipSystem('A1', '{111}<110>'),
      { grid: [12, 12], geometry: 'slab', openingsAngstrom: undefined },
      table.cutoffAngstrom,
    );
    const gamma = assembleGamma(plan, results(table, tasks));
    if (gamma.kind === 'failed') throw new Error(gamma.evidence);
    // docs/verification.md: 22.56 and 110.76 mJ/m2.
    expect(Math.abs((gamma.surface.intrinsic?.mjPerM2 ?? 0) - 22.56)).toBeLessThan(0.5);
    expect(Math.abs(gamma.surface.unstable.mjPerM2 - 110.76)).toBeLessThan(1);
  });

  it('drives a screw of Fe over its barrier at the stress that LAMMPS finds', ({ expect }) => {
    const table = metal({ Fe: 1 });
    const relaxed = relaxedCrystal(table, 'A2', 'Fe');
    const system = slipSystem('A2', '{110}<111>');
    const elastic = cubic(229.6, 135.5, 116.8);
    const { tasks, plan } = peierlsPoints(relaxed, system, 'screw', elastic, [{ layers: 20, glideLength: 20, rigidLayers: 4 }]);
    const stress = concludePeierls(plan, results(table, tasks));
    if (stress?.kind !== 'calculated') throw new Error(JSON.stringify(stress));
    // docs/physics-peierls-stress.md: LAMMPS, 20 layers x 20: 1200 MPa; jumps are pinned down to 2 %.
    expect(Math.abs(stress.peierlsMpa / 1200 - 1)).toBeLessThan(0.04);
    expect(stress.readings[0]?.regime).toBe('jump');
  });

  it('reads the same barrier of two partials whatever their distance, from two shears half a period apart', ({ expect }) => {
    const table = metal({ Cu: 0.28, Ni: 0.72 });
    const relaxed = relaxedCrystal(table, 'A1', 'Ni');
    // Elastic constants of this average atom (Zhou 2004) and its intrinsic fault energy, which give the shear of a period.
    const surface = {
      prototype: 'A1',
      slipSystem: '{111}<110>',
      intrinsic: { name: 'ISF', at: [1 / 3, 1 / 3], mjPerM2: 83.1 },
    } satisfies Parameters<typeof dislocationSizes>[1];
    const elastic = cubic(231.8, 135.6, 117.7);
    const [size] = dislocationSizes(relaxed, surface, 'screw', elastic, 6) ?? [];
    const quarter = Math.abs(size?.crossShear ?? Number.NaN);
    const stressAt = (shears: readonly number[]) => {
      const sizes = shears.map((crossShear) => ({ layers: 24, glideLength: 25, rigidLayers: 4, crossShear }));
      const { tasks, plan } = peierlsPoints(relaxed, slipSystem('A1', '{111}<110>'), 'screw', elastic, sizes);
      const stress = concludePeierls(plan, results(table, tasks));
      if (stress?.kind !== 'calculated') throw new Error(JSON.stringify(stress));
      return stress;
    };
    const pairs = [-1, 0, 1].map((middle) => stressAt([(middle * quarter) / 2 - quarter, (middle * quarter) / 2 + quarter]));
    const values = pairs.map(({ peierlsMpa }) => peierlsMpa);
    expect(Math.max(...values) / Math.min(...values)).toBeLessThan(1.2);
    const single = pairs.flatMap(({ readings }) => readings.map(({ forwardMpa }) => forwardMpa));
    expect(Math.max(...single) / Math.min(...single)).toBeGreaterThan(2);
  });

  it('calls a collapsed crystal a failed point', ({ expect }) => {
    const structure = buildPrototype('A1', { A: { Cu: 1 } }, { a: 1.4 });
    const outcome = runPoint(metal({ Cu: 1 }), { label: 'collapsed', structure, periodic: [true, true, true], relax: 'none' });
    expect(outcome.kind).toBe('failed');
  });
});

function metal(composition: Record<string, number>): EamTable {
  return eamTable(eamKnots(mixed(zhou.functions(Object.keys(composition).sort()), { X: composition }), 'X'));
}

function relaxedCrystal(table: EamTable, prototype: 'A1' | 'A2' | 'A3', element: string): Structure {
  const task: PointTask = {
    label: 'relax',
    structure: buildPrototype(prototype, { A: { [element]: 1 } }),
    periodic: [true, true, true],
    relax: 'cell-and-ions',
    cellFreedom: prototypes[prototype].cellFreedom,
  };
  return results(table, [task])['relax']?.structure ?? task.structure;
}

function results(table: EamTable, tasks: readonly PointTask[]): Record<string, PointResult> {
  return Object.fromEntries(
    tasks.map((task) => {
      const outcome = runPoint(table, task);
      if (outcome.kind === 'failed') throw new Error(`${task.label}: ${outcome.evidence}`);
      return [task.label, outcome.result];
    }),
  );
}

function flat(structure: Structure): Float64Array {
  return Float64Array.from(cartesian(structure).flat());
}

function box(size: number): Mat3 {
  return [
    [size, 0, 0],
    [0, size, 0],
    [0, 0, size],
  ];
}

/** n x n x m cells. */
function repeated(structure: Structure, n: number, m = n): Structure {
  const [a, b, c] = structure.lattice;
  const cells = Array.from({ length: n * n * m }, (_, k) => [k % n, Math.floor(k / n) % n, Math.floor(k / (n * n))] as const);
  return {
    ...structure,
    lattice: [a.map((x) => x * n), b.map((x) => x * n), c.map((x) => x * m)] as Mat3,
    sites: structure.sites.flatMap(({ species, position: [u, v, w] }) =>
      cells.map(([i, j, k]) => ({ species, position: [(u + i) / n, (v + j) / n, (w + k) / m] as [number, number, number] })),
    ),
  };
}

/** Displacements in fractions of an angstrom that are the same in every run. */
function shaken(structure: Structure, angstrom: number): Structure {
  let state = 7;
  const random = (): number => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  };
  const sizes = structure.lattice.map((vector) => Math.hypot(...vector));
  return {
    ...structure,
    sites: structure.sites.map(({ species, position }) => ({
      species,
      position: position.map((value, axis) => value + (2 * angstrom * random()) / (sizes[axis] ?? 1)) as [number, number, number],
    })),
  };
}

/** `structure` with the atoms of `original`, where only the second vector differs, by twice the first. */
function refractioned(structure: Structure, original: Structure): Structure {
  return {
    ...structure,
    sites: original.sites.map(({ species, position: [u, v, w] }) => ({ species, position: [u - 2 * v, v, w] })),
  };
}

function cubic(c11: number, c12: number, c44: number): number[][] {
  return [0, 1, 2, 3, 4, 5].map((i) => [0, 1, 2, 3, 4, 5].map((j) => (i === j ? (i < 3 ? c11 : c44) : i < 3 && j < 3 ? c12 : 0)));
}
