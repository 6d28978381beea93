import { describe, test } from 'vitest';
import { lammpsFrame, stressToTaskAxes, toTaskAxes } from '../../connectors/calculator/lammps/frame.js';
import { lammpsCalculator } from '../../connectors/calculator/lammps/lammps.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import type { Mat3 } from '../../domain/vector.js';

const copper = buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.6 });
const magnesium = buildPrototype('A3', { A: { Mg: 1 } }, { a: 3.2, c: 5.2 });
const task = (changes: Partial<PointTask> = {}): PointTask => ({
  label: 'point',
  structure: copper,
  periodic: [true, true, true],
  relax: 'none',
  ...changes,
});
const calculator = await lammpsCalculator({ potential: 'zhou2004' });
const script = (changes: Partial<PointTask>) => calculator.writePoint(task(changes)).files['in.lammps'] ?? '';
const atoms = (changes: Partial<PointTask>) => calculator.writePoint(task(changes)).files['atoms.data'] ?? '';

describe('relaxation commands', () => {
  test('a single point does not minimise', ({ expect }) => {
    expect(script({ relax: 'none' })).not.toContain('minimize');
  });

  test('ions move in a fixed cell', ({ expect }) => {
    expect(script({ relax: 'ions' })).toContain('minimize 0 1e-9');
    expect(script({ relax: 'ions' })).not.toContain('box/relax');
  });

  test('slabs move along z only, and z is not periodic', ({ expect }) => {
    const text = script({ relax: 'ions-along-z', periodic: [true, true, false] });
    expect(text).toContain('fix along_z all setforce 0 0 NULL');
    expect(text).toContain('boundary p p f');
  });

  test.for([
    ['isotropic', 'iso 0'],
    ['uniaxial', 'aniso 0 couple xy'],
    ['orthorhombic', 'aniso 0'],
    ['triclinic', 'tri 0'],
  ] as const)('cell freedom %s is box/relax %s', ([cellFreedom, command], { expect }) => {
    expect(script({ relax: 'cell-and-ions', cellFreedom })).toContain(`box/relax ${command} `);
  });

  test('a freedom that the cell vectors do not follow is refused', ({ expect }) => {
    expect(() => script({ structure: magnesium, relax: 'cell-and-ions', cellFreedom: 'orthorhombic' })).toThrow(
      /Put a, b and c along x, y and z/,
    );
    const tilted = { ...copper, lattice: [copper.lattice[0], copper.lattice[1], [0.4, 0, 3.6]] as Mat3 };
    expect(() => script({ structure: tilted, relax: 'cell-and-ions', cellFreedom: 'uniaxial' })).toThrow(/c along z/);
  });

  test('a slab relaxation needs its normal along z', ({ expect }) => {
    const turned = {
      ...copper,
      lattice: [
        [0, 3.6, 0],
        [0, 0, 3.6],
        [3.6, 0, 0],
      ] as Mat3,
    };
    expect(() => script({ structure: turned, relax: 'ions-along-z', periodic: [true, true, false] })).toThrow(/normal along z/);
  });
});

describe('cells', () => {
  test('vacuum gets a margin, and a leaning c stands up', ({ expect }) => {
    const leaning = { ...copper, lattice: [copper.lattice[0], copper.lattice[1], [0.4, 0.2, 20]] as Mat3 };
    const text = atoms({ structure: leaning, periodic: [true, true, false] });
    expect(text).toContain('-5 25 zlo zhi');
    expect(text).toContain('0 0 0 xy xz yz');
  });

  test('a turned cell comes back to its own axes', ({ expect }) => {
    const lattice: Mat3 = [
      [0, 1.8, 1.8],
      [1.8, 0, 1.8],
      [1.8, 1.8, 0],
    ];
    const right: Mat3 = [lattice[1], lattice[0], lattice[2]];
    const frame = lammpsFrame(right);
    expect(frame.lattice[0][1]).toBe(0);
    expect(frame.lattice[1][2]).toBe(0);
    for (const [i, row] of toTaskAxes(frame.lattice, frame).entries())
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(right[i]?.[j] ?? NaN, 12);
  });

  test('stress turns with the axes', ({ expect }) => {
    // a along y, b along z, c along x: LAMMPS' xx is the task's yy, its yz the task's xz.
    const frame = lammpsFrame([
      [0, 3, 0],
      [0, 0, 3],
      [3, 0, 0],
    ]);
    const turned = stressToTaskAxes([1, 2, 3, 4, 5, 6], frame);
    for (const [i, value] of [3, 1, 2, 6, 4, 5].entries()) expect(turned[i]).toBeCloseTo(value, 12);
  });
});

describe('the calculator', () => {
  test('gives atom types in a fixed order whatever the order of sites', ({ expect }) => {
    const alloy = buildPrototype('L1_2', { A: { Cu: 1 }, B: { Au: 1 } }, { a: 3.75 });
    const reversed = { ...alloy, sites: alloy.sites.toReversed() };
    expect(calculator.sharedFiles(reversed)).toEqual(calculator.sharedFiles(alloy));
    expect(atoms({ structure: alloy })).toContain('1 2 0 1.875 1.875');
  });

  test('shares the file that the script names', ({ expect }) => {
    const [name] = Object.keys(calculator.sharedFiles(copper));
    expect(script({})).toContain(`../shared/${name}`);
  });

  test('has a fingerprint that follows the potential and the tolerances', async ({ expect }) => {
    const looser = await lammpsCalculator({ potential: 'zhou2004', forceToleranceEvPerAngstrom: 1e-4 });
    const other = await lammpsCalculator({ potential: 'sutton-chen' });
    const fingerprints = new Set([calculator, looser, other].map((one) => one.fingerprint(copper)));
    expect(fingerprints.size).toBe(3);
    expect((await lammpsCalculator({ potential: 'zhou2004' })).fingerprint(magnesium)).toBe(calculator.fingerprint(copper));
  });

  test('refuses to write a point that its potential cannot describe', ({ expect }) => {
    expect(() => script({ structure: buildPrototype('A2', { A: { V: 1 } }) })).toThrow(/not V/);
  });

  test('says which setting is wrong', async ({ expect }) => {
    await expect(lammpsCalculator({ potential: 'zhou2004', cutoff: 5 } as never)).rejects.toThrow(/Unrecognized key: "cutoff"/);
    await expect(lammpsCalculator({ potential: 'zhou' } as never)).rejects.toThrow(/potential: Invalid option: expected one of "zhou2004"/);
    await expect(lammpsCalculator({ kim: 'Unnamed' })).rejects.toThrow(/List them under "elements"/);
  });
});
