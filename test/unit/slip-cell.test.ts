import { describe, test } from 'vitest';
import { uniquePoints } from '../../domain/plane-symmetry.js';
import { buildPrototype, PrototypeName } from '../../domain/prototype.js';
import { crystalStack, faultSlab, faultTilted, stackingPeriod } from '../../domain/slip-cell.js';
import { slipGeometry, slipSystem, slipSystems } from '../../domain/slip-system.js';
import { cartesian, Structure, volume } from '../../domain/structure.js';
import type { Vec2 } from '../../domain/vector.js';

const copper = buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.615 });
const magnesium = buildPrototype('A3', { A: { Mg: 1 } }, { a: 3.2, c: 3.2 * Math.sqrt(8 / 3) });
const octahedral = slipSystem('A1', '{111}<110>');
const basal = slipSystem('A3', 'basal');
const everySystem = PrototypeName.options.flatMap((prototype) => slipSystems(prototype).map((system) => [prototype, system.name] as const));

describe('slip cells', () => {
  test.for(everySystem)('%s %s holds every atom of the crystal exactly once', ([prototype, name], { expect }) => {
    const structure = example(prototype);
    const { geometry, unit } = crystalStack(structure, slipSystem(prototype, name));
    const perAtom = volume(structure) / structure.sites.length;
    expect(unit.length).toBeCloseTo((geometry.areaSquareAngstrom * geometry.repeatAngstrom) / perAtom, 9);
    const slab = faultSlab(structure, slipSystem(prototype, name), {
      displacement: [0, 0],
      minHalfThicknessAngstrom: 8,
      vacuumAngstrom: 12,
    });
    expect(Structure.safeParse(slab).success).toBe(true);
    expect(shellsInside(slab)).toEqual(shells(structure, 0));
  });

  test.for(everySystem)(
    '%s %s has the same energy at all members of a symmetry class, and different ones otherwise',
    ([prototype, name], { expect }) => {
      const structure = example(prototype);
      const system = slipSystem(prototype, name);
      const classes = uniquePoints(structure, system, [6, 6]).map(({ members }) =>
        members.map(([i, j]) =>
          interfaceEnergy(
            faultSlab(structure, system, { displacement: [i / 6, j / 6], minHalfThicknessAngstrom: 6, vacuumAngstrom: 12 }),
          ).toFixed(7),
        ),
      );
      expect(classes.map((energies) => new Set(energies).size)).toEqual(classes.map(() => 1));
      expect(new Set(classes.flat()).size).toBe(classes.length);
    },
  );

  test('makes hcp stacking of the fcc ISF point: nearest neighbours kept, none closer, the second shell of hcp', ({ expect }) => {
    const at = (displacement: Vec2) =>
      acrossFault(faultSlab(copper, octahedral, { displacement, minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 }), 1);
    const b = 3.615 / Math.SQRT2;
    expect(at([0, 0])).toEqual({ nearest: expect.closeTo(b, 9), count: 3, secondLayer: expect.closeTo(Math.sqrt(3) * b, 9) });
    // hcp: the layer two up is right above, at twice the layer spacing, sqrt(8/3) b.
    expect(at([1 / 3, 1 / 3])).toEqual({ nearest: expect.closeTo(b, 9), count: 3, secondLayer: expect.closeTo(Math.sqrt(8 / 3) * b, 9) });
  });

  test('puts atoms on top of atoms at the point labelled AA', ({ expect }) => {
    const fcc = acrossFault(
      faultSlab(copper, octahedral, { displacement: [2 / 3, 2 / 3], minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 }),
      1,
    );
    expect(fcc).toMatchObject({ nearest: expect.closeTo(3.615 / Math.sqrt(3), 9), count: 1 });
    const hcp = acrossFault(
      faultSlab(magnesium, basal, { displacement: [2 / 3, 2 / 3], minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 }),
      1,
    );
    expect(hcp).toMatchObject({ nearest: expect.closeTo(1.6 * Math.sqrt(8 / 3), 9), count: 1 });
  });

  test('makes fcc stacking of the hcp I2 point: nearest neighbours kept, the second shell of fcc', ({ expect }) => {
    const at = (displacement: Vec2) =>
      acrossFault(faultSlab(magnesium, basal, { displacement, minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 }), 1);
    expect(at([0, 0])).toEqual({ nearest: expect.closeTo(3.2, 9), count: 3, secondLayer: expect.closeTo(Math.sqrt(8 / 3) * 3.2, 9) });
    expect(at([1 / 3, 1 / 3])).toEqual({ nearest: expect.closeTo(3.2, 9), count: 3, secondLayer: expect.closeTo(Math.sqrt(3) * 3.2, 9) });
  });

  // Wrong (minority-minority) neighbours across the fault per minority atom next to it: APB and CSF make one, SISF none (Paidar & Vitek 2002).
  test.for([
    ['L1_2', '{111}<110>', { APB: 1, CSF: 1, SISF: 0 }],
    ['D0_19', 'basal', { APB: 1, CSF: 1, SISF: 0 }],
    ['D0_19', 'prismatic-wide-majority', { APB: 0 }],
    ['D0_19', 'prismatic-wide-mixed', { APB: 2 }],
    ['L1_2', '{001}<110>', { APB: 0 }],
  ] as const)('%s %s has its order faults where they are labelled', ([prototype, name, expected], { expect }) => {
    const system = slipSystem(prototype, name);
    const found = Object.entries(system.specialPoints)
      .filter(([label]) => label !== 'AA')
      .map(([label, [u, v]]) => [
        label,
        wrongPairs(faultSlab(example(prototype), system, { displacement: [u, v], minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 })),
      ]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  test.for([
    ['L1_2', '{111}<110>', 4 / Math.SQRT2],
    ['D0_19', 'basal', Math.hypot(5.8 / Math.sqrt(12), 4.65 / 2)],
  ] as const)(
    '%s %s keeps its nearest neighbours in every order fault and puts atoms on top at AA',
    ([prototype, name, neighbour], { expect }) => {
      const system = slipSystem(prototype, name);
      const nearest = Object.entries(system.specialPoints).map(([label, [u, v]]) => [
        label,
        acrossFault(faultSlab(example(prototype), system, { displacement: [u, v], minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 }), 1)
          .nearest,
      ]);
      const kept = expect.closeTo(neighbour, 9);
      const gap = expect.closeTo(slipGeometry(example(prototype), system).gapAngstrom, 9);
      expect(Object.fromEntries(nearest)).toEqual({ APB: kept, CSF: kept, SISF: kept, AA: gap });
    },
  );

  test('counts equal wrong pairs for the order faults of L1_0: CSF and APB break order, SISF does not', ({ expect }) => {
    const system = slipSystem('L1_0', '{111}<110]');
    const at = (displacement: readonly [number, number]) =>
      wrongPairs(faultSlab(example('L1_0'), system, { displacement: [...displacement], minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 }));
    expect(at(system.specialPoints['SISF'] ?? [0, 0])).toBe(at([0, 0]));
    expect(at(system.specialPoints['CSF'] ?? [0, 0])).toBeGreaterThan(at([0, 0]));
    expect(at(system.specialPoints['APB'] ?? [0, 0])).toBeGreaterThan(at([0, 0]));
  });

  test('puts the antiphase boundaries of B2 and D0_3 where lattice sites match but order does not', ({ expect }) => {
    const b2 = slipSystem('B2', '{110}<111>');
    const d03 = slipSystem('D0_3', '{110}<111>');
    const at = (prototype: PrototypeName, displacement: Vec2) =>
      faultSlab(example(prototype), prototype === 'B2' ? b2 : d03, { displacement, minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 });
    expect(wrongPairs(at('B2', [1 / 2, 1 / 2]))).toBe(2);
    expect(wrongPairs(at('D0_3', [1 / 4, 1 / 2]))).toBeGreaterThan(0);
    // The next-nearest-neighbour boundary keeps every first neighbour right.
    expect(wrongPairs(at('D0_3', [1 / 2, 0]))).toBe(0);
    expect(acrossFault(at('D0_3', [1 / 4, 1 / 2]), 1).nearest).toBeCloseTo((5.8 * Math.sqrt(3)) / 4, 9);
  });

  test('has one fault in a slab: layers away from the cut do not notice the displacement', ({ expect }) => {
    const build = (displacement: Vec2) => faultSlab(copper, octahedral, { displacement, minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 });
    expect(interlayerOffsets(build([0.2, 0.1])).filter((offset, index) => offset !== interlayerOffsets(build([0, 0]))[index])).toHaveLength(
      1,
    );
  });

  test('gives slab and tilted cell the same neighbourhood of the fault', ({ expect }) => {
    const displacement: Vec2 = [0.2, 0.1];
    const slab = faultSlab(copper, octahedral, { displacement, minHalfThicknessAngstrom: 12, vacuumAngstrom: 12 });
    const tilted = faultTilted(copper, octahedral, { displacement, minThicknessAngstrom: 24 });
    expect(shells(tilted, lowest(tilted))).toEqual(shells(slab, firstAbove(slab)));
    expect(shells(tilted, lowest(tilted))).not.toEqual(shells(copper, 0));
  });

  test.for(everySystem)('%s %s in a tilted cell without displacement is the perfect crystal', ([prototype, name], { expect }) => {
    const structure = example(prototype);
    const tilted = faultTilted(structure, slipSystem(prototype, name), { displacement: [0, 0], minThicknessAngstrom: 9 });
    expect(volume(tilted) / tilted.sites.length).toBeCloseTo(volume(structure) / structure.sites.length, 9);
    expect(allShells(tilted)).toEqual(allShells(structure));
  });

  test('stacks whole periods in a tilted cell, so that only the displacement tilts it', ({ expect }) => {
    const periods = [
      stackingPeriod(crystalStack(copper, octahedral)),
      stackingPeriod(crystalStack(example('A2'), slipSystem('A2', '{112}<111>'))),
    ];
    expect(periods).toEqual([3, 6]);
    const tilted = faultTilted(copper, octahedral, { displacement: [0, 0], minThicknessAngstrom: 20, openingAngstrom: 0.2 });
    expect(tilted.sites).toHaveLength(12);
    expect(tilted.lattice[2]).toEqual([expect.closeTo(0, 9), expect.closeTo(0, 9), expect.closeTo((12 * 3.615) / Math.sqrt(3) + 0.2, 9)]);
  });

  test('cuts a drifted crystal with its sites in another order at the same place', ({ expect }) => {
    const drifted: Structure = {
      ...magnesium,
      sites: magnesium.sites.toReversed().map(({ species, position: [x, y, z] }) => ({ species, position: [x + 0.1, y - 0.2, z + 0.3] })),
    };
    const options = { displacement: [1 / 3, 1 / 3] satisfies Vec2, minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 };
    expect(interfaceEnergy(faultSlab(drifted, basal, options))).toBeCloseTo(interfaceEnergy(faultSlab(magnesium, basal, options)), 9);
  });

  test('makes each half at least as thick as asked and keeps the vacuum', ({ expect }) => {
    const slab = faultSlab(copper, octahedral, { displacement: [0, 0], minHalfThicknessAngstrom: 8, vacuumAngstrom: 12 });
    const { repeatAngstrom } = slipGeometry(copper, octahedral);
    expect(slab.sites).toHaveLength(8);
    expect(slab.lattice[2][2]).toBeCloseTo(8 * repeatAngstrom + 12, 9);
    expect(slab.sites.every(({ position }) => position[2] > 0 && position[2] < 1)).toBe(true);
  });
});

interface Pair {
  from: number;
  to: number;
  distance: number;
}

/** All pairs within a radius, periodic in the plane and, for a cell without vacuum, along the third vector too. */
function pairs(structure: Structure, radius: number, alongThird: boolean): Pair[] {
  const positions = cartesian(structure);
  const [a, b, c] = structure.lattice;
  const area = a[0] * b[1] - a[1] * b[0];
  const [h, k] = [Math.ceil((radius * Math.hypot(b[0], b[1])) / area) + 1, Math.ceil((radius * Math.hypot(a[0], a[1])) / area) + 1];
  const range = (reach: number) => Array.from({ length: 2 * reach + 1 }, (_, index) => index - reach);
  const found: Pair[] = [];
  for (const [from, p] of positions.entries()) {
    for (const [to, q] of positions.entries()) {
      for (const l of alongThird ? range(Math.ceil(radius / c[2]) + 1) : [0]) {
        const z = q[2] + l * c[2] - p[2];
        if (Math.abs(z) > radius) continue;
        for (const i of range(h)) {
          for (const j of range(k)) {
            const distance = Math.hypot(q[0] + i * a[0] + j * b[0] + l * c[0] - p[0], q[1] + i * a[1] + j * b[1] + l * c[1] - p[1], z);
            if (distance > 1e-6 && distance < radius) found.push({ from, to, distance });
          }
        }
      }
    }
  }
  return found;
}

const shellRadius = 5.5;

/** Sorted distances and species around a site. */
function shells(structure: Structure, site: number, alongThird = !isSlab(structure)): string[] {
  return pairs(structure, shellRadius, alongThird)
    .filter(({ from }) => from === site)
    .map(({ to, distance }) => `${distance.toFixed(6)} ${structure.sites[to]?.species}`)
    .toSorted();
}

function allShells(structure: Structure): string[] {
  return [
    ...new Set(structure.sites.map((_, index) => `${structure.sites[index]?.species}: ${shells(structure, index).join()}`)),
  ].toSorted();
}

/** Surroundings of a bulk-like atom next to the cut of an undisplaced slab, of the species of the crystal's first site. */
function shellsInside(slab: Structure): string[] {
  const index = slab.sites.findIndex(
    ({ species, position }) => species === slab.sites.find(({ species }) => species !== 'Al')?.species && position[2] > 0.5,
  );
  return shells(slab, index);
}

function isSlab(structure: Structure): boolean {
  const heights = cartesian(structure).map((position) => position[2]);
  return structure.lattice[2][2] - (Math.max(...heights) - Math.min(...heights)) > 8;
}

/**
 * An energy with two species, reaching the second layer (whose stacking breaks the six-fold symmetry), and not pairwise: with pairs alone
 * the twinning asymmetry of bcc {112} vanishes along <111>.
 */
function interfaceEnergy(slab: Structure): number {
  const weight = (site: number) => ({ Al: 0.6, Ti: 1.3 })[slab.sites[site]?.species ?? ''] ?? 1;
  const height = (site: number) => slab.sites[site]?.position[2] ?? 0;
  const crossing = pairs(slab, 6.5, false).filter(({ from, to }) => height(from) < 0.5 !== height(to) < 0.5);
  const density = slab.sites.map(() => 1);
  for (const { from, to, distance } of crossing)
    density[from] = (density[from] ?? 0) + weight(from) * weight(to) * Math.exp(-distance) * (1 - distance / 6.5) ** 2;
  return density.reduce((sum, value) => sum + value ** 3 - Math.sqrt(value), 0);
}

/** Contacts of the atom right above the fault with those below it: the shortest, how many, and the shortest to the second layer below. */
function acrossFault(slab: Structure, expectedSecond: number): { nearest: number; count: number; secondLayer: number } {
  const top = firstAbove(slab);
  const below = [...new Set(slab.sites.map(({ position }) => position[2].toFixed(6)))]
    .filter((z) => Number(z) < 0.5)
    .toSorted((a, b) => Number(b) - Number(a));
  const toLayer = (layer: number) =>
    pairs(slab, 7, false)
      .filter(({ from, to }) => from === top && slab.sites[to]?.position[2].toFixed(6) === below[layer])
      .map(({ distance }) => distance);
  const first = toLayer(0);
  const nearest = Math.min(...first);
  return {
    nearest,
    count: first.filter((distance) => distance < nearest + 1e-6).length,
    secondLayer: Math.min(...toLayer(expectedSecond)),
  };
}

/** Al-Al nearest neighbours across the fault for each Al atom in the layer above it. */
function wrongPairs(slab: Structure): number {
  const crossing = pairs(slab, 6, false).filter(
    ({ from, to }) => (slab.sites[from]?.position[2] ?? 0) > 0.5 && (slab.sites[to]?.position[2] ?? 0) < 0.5,
  );
  const nearest = Math.min(...pairs(slab, 6, false).map(({ distance }) => distance));
  const like = crossing.filter(
    ({ from, to, distance }) => distance < 1.05 * nearest && slab.sites[from]?.species === 'Al' && slab.sites[to]?.species === 'Al',
  );
  const minority = slab.sites.filter(
    ({ species, position }, index) => species === 'Al' && position[2] > 0.5 && like.some(({ from }) => from === index),
  );
  return minority.length === 0 ? 0 : like.length / minority.length;
}

function interlayerOffsets(slab: Structure): string[] {
  const sorted = slab.sites.toSorted((a, b) => a.position[2] - b.position[2]);
  return sorted.slice(1).map(({ position: [u, v] }, index) => {
    const [u0, v0] = sorted[index]?.position ?? [0, 0];
    return [u - u0, v - v0].map((value) => (value - Math.round(value)).toFixed(6)).join();
  });
}

function firstAbove(slab: Structure): number {
  const heights = slab.sites.map(({ position }) => (position[2] > 0.5 ? position[2] : 2));
  return heights.indexOf(Math.min(...heights));
}

function lowest(structure: Structure): number {
  const heights = structure.sites.map(({ position }) => position[2]);
  return heights.indexOf(Math.min(...heights));
}

function example(prototype: PrototypeName): Structure {
  const pure = { A1: copper, A2: buildPrototype('A2', { A: { Fe: 1 } }, { a: 2.87 }), A3: magnesium };
  const sizes = { L1_2: { a: 4 }, L1_0: { a: 4, c: 4.07 }, B2: { a: 3.2 }, D0_3: { a: 5.8 }, D0_19: { a: 5.8, c: 4.65 } };
  return prototype in pure
    ? pure[prototype as keyof typeof pure]
    : buildPrototype(prototype, { A: { Ti: 1 }, B: { Al: 1 } }, sizes[prototype as keyof typeof sizes]);
}
