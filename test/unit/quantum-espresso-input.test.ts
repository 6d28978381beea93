import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { kMesh } from '../../connectors/calculator/k-mesh.js';
import { conventionalCell, primitiveCell } from '../../connectors/calculator/primitive.js';
import { quantumEspressoCalculator } from '../../connectors/calculator/quantum-espresso/quantum-espresso.js';
import { elasticPoints } from '../../domain/elastic-strain.js';
import { MissingPseudopotential } from '../../domain/failures.js';
import { gammaPoints } from '../../domain/gamma-surface.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import { slipSystem } from '../../domain/slip-system.js';
import { deformed } from '../../domain/structure.js';
import { determinant, type Vec3 } from '../../domain/vector.js';

const pseudopotentials = fileURLToPath(new URL('data/qe/pseudo', import.meta.url));
const aluminium = buildPrototype('A1', { A: { Al: 1 } }, { a: 4 });
const copper = buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.63 });
const lda = await quantumEspressoCalculator({ pseudopotentials, functional: 'LDA', cutoffRy: { wavefunctions: 20 } });
const pbe = await quantumEspressoCalculator({ pseudopotentials });

const task = (changes: Partial<PointTask> = {}): PointTask => ({
  label: 'point',
  structure: aluminium,
  periodic: [true, true, true],
  relax: 'none',
  ...changes,
});
const input = (changes: Partial<PointTask> = {}, calculator = lda): string => calculator.writePoint(task(changes)).files['pw.in'] ?? '';
const mesh = (text: string): string => /K_POINTS automatic\n\s+(.*) 0 0 0/.exec(text)?.[1] ?? '';

describe('what relaxes', () => {
  test.for([
    ['none', 'scf'],
    ['ions', 'scf'],
    ['cell-and-ions', 'vc-relax'],
  ] as const)('%s of a one-atom cell is %s', ([relax, calculation], { expect }) => {
    expect(input({ relax, cellFreedom: 'isotropic' })).toContain(`calculation = '${calculation}'`);
  });

  test('ions of a cell with several atoms move, by forces in Ry/bohr', ({ expect }) => {
    const text = input({ structure: buildPrototype('L1_2', { A: { Cu: 1 }, B: { Al: 1 } }, { a: 3.7 }), relax: 'ions' });
    expect(text).toContain("calculation = 'relax'");
    // 0.005 eV/angstrom / 25.7110 (CODATA 2018).
    expect(text).toContain('forc_conv_thr = 0.000194469');
  });

  test('fault cells move along z only, and are never reduced', ({ expect }) => {
    const { tasks } = gammaPoints(aluminium, slipSystem('A1', '{111}<110>'), { geometry: 'tilted' });
    const texts = tasks.map((one) => lda.writePoint(one).files['pw.in'] ?? '');
    for (const text of texts) {
      expect(text).toContain('nat = 6');
      expect(text.match(/^ {2}Al .* 0 0 1$/gm)).toHaveLength(6);
    }
    expect(texts).toHaveLength(10);
  });

  test.for([
    ['isotropic', 'all'],
    ['uniaxial', 'all'],
    ['triclinic', 'all'],
    ['orthorhombic', 'xyz'],
  ] as const)('cell freedom %s is cell_dofree %s', ([cellFreedom, expected], { expect }) => {
    expect(input({ relax: 'cell-and-ions', cellFreedom })).toContain(`cell_dofree = '${expected}'`);
  });

  test('a slab cannot relax its cell', ({ expect }) => {
    expect(() => input({ relax: 'cell-and-ions', periodic: [true, true, false] })).toThrow(/not periodic/);
  });
});

describe('k-points', () => {
  test('follow the density, whatever the size of the cell', ({ expect }) => {
    expect(mesh(input())).toBe('20 20 20');
    expect(mesh(input({ structure: buildPrototype('A1', { A: { Al: 1 } }, { a: 4.3 }) }))).toBe('20 20 20');
  });

  test('are those of the undistorted crystal in every strained cell', ({ expect }) => {
    const { tasks } = elasticPoints(buildPrototype('A3', { A: { Al: 1 } }, { a: 2.9, c: 4.7 }), 'hexagonal', {
      method: 'stress',
      amplitudes: [0.03],
    });
    const meshes = new Set(tasks.map((one) => mesh(lda.writePoint(one).files['pw.in'] ?? '')));
    expect(meshes).toEqual(new Set(['20 20 10']));
  });

  test('are those of the perfect crystal in every fault cell, and few along the long axis', ({ expect }) => {
    const { tasks } = gammaPoints(aluminium, slipSystem('A1', '{111}<110>'), { geometry: 'tilted' });
    const meshes = new Set(tasks.map((one) => mesh(lda.writePoint(one).files['pw.in'] ?? '')));
    expect(meshes).toEqual(new Set(['20 20 3']));
  });

  test('do not divide a direction into vacuum', ({ expect }) => {
    const { tasks } = gammaPoints(aluminium, slipSystem('A1', '{111}<110>'), { geometry: 'slab', halfThicknessAngstrom: 6 });
    const [nx, ny, nz] = mesh(lda.writePoint(tasks[0] as PointTask).files['pw.in'] ?? '')
      .split(' ')
      .map(Number);
    expect(nz).toBe(1);
    expect(nx).toBe(ny);
    expect(nx).toBeGreaterThan(15);
  });

  test('are never fewer than one', ({ expect }) => {
    expect(kMesh(aluminium.lattice, aluminium, [true, true, true], 1)).toEqual([1, 1, 1]);
  });
});

describe('primitive cells', () => {
  test.for([
    ['fcc', aluminium, 1],
    ['bcc', buildPrototype('A2', { A: { Al: 1 } }, { a: 3.2 }), 1],
    ['hcp', buildPrototype('A3', { A: { Al: 1 } }, { a: 2.9, c: 4.7 }), 2],
    ['L1_0', buildPrototype('L1_0', { A: { Cu: 1 }, B: { Al: 1 } }, { a: 3.8, c: 3.7 }), 2],
    ['L1_2', buildPrototype('L1_2', { A: { Cu: 1 }, B: { Al: 1 } }, { a: 3.7 }), 4],
    ['D0_3', buildPrototype('D0_3', { A: { Cu: 1 }, B: { Al: 1 } }, { a: 5.8 }), 4],
  ] as const)('%s', ([, structure, atoms], { expect }) => {
    const reduced = primitiveCell(structure);
    expect(reduced.structure.sites).toHaveLength(atoms);
    expect(determinant(reduced.structure.lattice) * reduced.multiplicity).toBeCloseTo(determinant(structure.lattice), 9);
    const fractions = reduced.structure.sites.map(({ position }) => position);
    const back = conventionalCell(structure, reduced, reduced.structure.lattice, fractions);
    for (const [i, site] of back.sites.entries())
      for (const [axis, value] of site.position.entries()) expect(value).toBeCloseTo(structure.sites[i]?.position[axis] ?? NaN, 12);
    for (const [i, value] of back.lattice.flat().entries()) expect(value).toBeCloseTo(structure.lattice.flat()[i] ?? NaN, 12);
  });

  test('a strained crystal reduces as the unstrained one', ({ expect }) => {
    const sheared = deformed(aluminium, [
      [1.01, 0.02, 0],
      [0.02, 0.99, 0.01],
      [0, 0.01, 1],
    ]);
    expect(primitiveCell(sheared).matrix).toEqual(primitiveCell(aluminium).matrix);
  });

  test('every copy of an atom moves as its original does, over cell borders too', ({ expect }) => {
    const l10 = buildPrototype('L1_0', { A: { Cu: 1 }, B: { Al: 1 } }, { a: 3.8, c: 3.7 });
    const reduced = primitiveCell(l10);
    const moved = reduced.structure.sites.map(({ position: [x, y, z] }, i): Vec3 => (i === 0 ? [x, y, z + 0.99] : [x, y, z]));
    const back = conventionalCell(l10, reduced, reduced.structure.lattice, moved);
    for (const [i, site] of back.sites.entries())
      expect(site.position[2] - (l10.sites[i]?.position[2] ?? NaN)).toBeCloseTo(site.species === 'Cu' ? -0.01 : 0, 12);
  });
});

describe('electrons', () => {
  test('ferromagnets are spin-polarised, each with its own start', ({ expect }) => {
    const nickel = buildPrototype('L1_2', { A: { Ni: 1 }, B: { Cu: 1 } }, { a: 3.55 });
    const text = pbe.writePoint(task({ structure: nickel })).files['pw.in'] ?? '';
    expect(text).toContain('nspin = 2');
    expect(text).toContain('starting_magnetization(2) = 0.2');
    expect(input({ structure: copper }, pbe)).not.toContain('nspin');
  });

  test('symmetry is switched off for all points alike', async ({ expect }) => {
    const none = await quantumEspressoCalculator({ pseudopotentials, symmetry: 'none' });
    expect(input({ structure: copper }, none)).toContain('nosym = .true.\n  noinv = .true.');
    expect(input({ structure: copper }, pbe)).not.toContain('nosym');
  });

  test('cutoffs come from the files, the density of a PAW set included', async ({ expect }) => {
    // Cu.pbe-kjpaw.UPF recommends 47.2 and 188.9 Ry.
    expect(input({ structure: copper }, pbe)).toContain('ecutwfc = 48\n  ecutrho = 192');
    const more = await quantumEspressoCalculator({ pseudopotentials, cutoffFactor: 1.25 });
    expect(input({ structure: copper }, more)).toContain('ecutwfc = 60\n  ecutrho = 240');
  });

  test('there are enough bands for a long cell of a free-electron metal', ({ expect }) => {
    const { tasks } = gammaPoints(aluminium, slipSystem('A1', '{111}<110>'), { geometry: 'tilted' });
    expect(lda.writePoint(tasks[0] as PointTask).files['pw.in']).toContain('nbnd = 17');
  });
});

describe('what is refused before anything is submitted', () => {
  test('an element without a pseudopotential of the functional, with what there is', ({ expect }) => {
    expect(pbe.rejects(aluminium)).toMatch(/no PBE pseudopotential for Al. There are files for LDA: change calculator.functional/);
    expect(pbe.rejects(buildPrototype('A2', { A: { W: 1 } }))).toMatch(/no PBE pseudopotential for W. Add a UPF file/);
    expect(() => pbe.writePoint(task())).toThrow(MissingPseudopotential);
  });

  test('a solid solution', ({ expect }) => {
    expect(pbe.rejects(buildPrototype('A1', { A: { Cu: 0.5, Ni: 0.5 } }))).toMatch(/average atom/);
  });

  test('files of different functionals in one structure', async ({ expect }) => {
    const mixed = await quantumEspressoCalculator({ pseudopotentials, files: { Al: 'Al.pz-vbc.UPF' }, cutoffRy: { wavefunctions: 50 } });
    expect(mixed.rejects(buildPrototype('L1_2', { A: { Cu: 1 }, B: { Al: 1 } }))).toMatch(/mix functionals \(Al.pz-vbc.UPF: LDA, Cu/);
    expect(mixed.rejects(aluminium)).toBeUndefined();
  });

  test('a file that recommends no cutoff, while none is given', async ({ expect }) => {
    const bare = await quantumEspressoCalculator({ pseudopotentials, functional: 'LDA' });
    expect(bare.rejects(aluminium)).toMatch(/Al.pz-vbc.UPF recommends no cutoff. Give calculator.cutoffRy/);
  });

  test.for([
    [{ cutoffRy: { wavefunctions: 4000 } }, /slip of the pen/],
    [{ cutof: 30 }, /Unrecognized key: "cutof"/],
    [{ pseudopotentials: '/nowhere' }, /Name a folder of UPF files/],
    [{ pseudopotentials, files: { Cu: 'Al.pz-vbc.UPF' } }, /describes Al, not Cu/],
    [{ pseudopotentials, files: { Fe: 'Fe.rel-pbe-spn-rrkjus_psl.0.2.1.UPF' } }, /spin-orbit/],
    [{ pseudopotentials, magnetism: 'some' }, /auto, none, or starting magnetisations/],
  ] as const)('settings that cannot be meant: %j', async ([settings, message], { expect }) => {
    await expect(quantumEspressoCalculator(settings)).rejects.toThrow(message);
  });
});

describe('pseudopotentials', () => {
  test('are chosen the same way every time: PAW first, never fully relativistic', ({ expect }) => {
    expect(Object.keys(pbe.sharedFiles(buildPrototype('A1', { A: { Ni: 1 } })))).toEqual(['pw.sh', 'Ni.pbe-spn-kjpaw_psl.1.0.0.UPF']);
    expect(Object.keys(pbe.sharedFiles(buildPrototype('A2', { A: { Fe: 1 } })))).toEqual(['pw.sh', 'Fe.pbe-spn-rrkjus_psl.0.2.1.UPF']);
  });

  test('are part of the identity and of the provenance', async ({ expect }) => {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(pseudopotentials, 'Cu.pbe-kjpaw.UPF')))
      .digest('hex');
    expect(pbe.describe(copper)['pseudopotentials']).toContain(sha256);
    const denser = await quantumEspressoCalculator({ pseudopotentials, kPointsPerAtom: 9000 });
    const again = await quantumEspressoCalculator({ pseudopotentials, maxSeconds: 60 });
    expect(denser.fingerprint(copper)).not.toBe(pbe.fingerprint(copper));
    expect(again.fingerprint(copper)).toBe(pbe.fingerprint(copper));
    expect(pbe.fingerprint(buildPrototype('A1', { A: { Ni: 1 } }))).not.toBe(pbe.fingerprint(copper));
  });

  test('SSSP: the list gives files, cutoffs and checksums', async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'peierls-sssp-'));
    try {
      const content = readFileSync(join(pseudopotentials, 'Cu.pbe-kjpaw.UPF'));
      writeFileSync(join(folder, 'Cu.UPF'), content);
      const entry = { filename: 'Cu.UPF', md5: createHash('md5').update(content).digest('hex'), cutoff_wfc: 55, cutoff_rho: 440 };
      writeFileSync(join(folder, 'SSSP_1.3.0_PBE_efficiency.json'), JSON.stringify({ Cu: entry }));
      const sssp = await quantumEspressoCalculator({ pseudopotentials: folder });
      expect(input({ structure: copper }, sssp)).toContain('ecutwfc = 55\n  ecutrho = 440');
      expect(sssp.describe(copper)['library']).toBe('sssp');
      writeFileSync(join(folder, 'Cu.UPF'), `${content.toString()} `);
      await expect(quantumEspressoCalculator({ pseudopotentials: folder })).rejects.toThrow(/checksums differ/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('PseudoDojo: the report beside a file gives its cutoff in hartree', async ({ expect }) => {
    const folder = mkdtempSync(join(tmpdir(), 'peierls-dojo-'));
    try {
      const header = '<UPF version="2.0.1">\n<PP_HEADER element="Cu" pseudo_type="NC" functional="PBE" z_valence="19.00"/>\n</UPF>\n';
      writeFileSync(join(folder, 'Cu.upf'), header);
      writeFileSync(join(folder, 'Cu.djrepo'), JSON.stringify({ hints: { low: { ecut: 42 }, normal: { ecut: 46 }, high: { ecut: 52 } } }));
      const dojo = await quantumEspressoCalculator({}, { PEIERLS_PSEUDO: folder });
      expect(input({ structure: copper }, dojo)).toContain('ecutwfc = 92\n  ecutrho = 368');
      expect(dojo.describe(copper)['library']).toBe('pseudo-dojo');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the wrapper of pw.x', () => {
  const wrapper = fileURLToPath(new URL('../../connectors/calculator/quantum-espresso/pw.sh', import.meta.url));
  const run = (text: string, secondsLeft: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'peierls-pw-'));
    writeFileSync(join(folder, 'pw.in'), text);
    try {
      return execFileSync('sh', [wrapper, 'cat', 'pw.in'], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, PEIERLS_SECONDS_LEFT: secondsLeft },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('tells pw.x to stop before the wall time is over', ({ expect }) => {
    expect(run('&CONTROL\n  prefix = 1\n/\n', '1000')).toBe('&CONTROL\n  max_seconds = 950\n  prefix = 1\n/\n');
  });

  test('leaves the input alone where a job has no end, or the campaign has set one', ({ expect }) => {
    expect(run('&CONTROL\n/\n', '')).toBe('&CONTROL\n/\n');
    expect(run('&CONTROL\n  max_seconds = 60\n/\n', '1000')).toBe('&CONTROL\n  max_seconds = 60\n/\n');
  });
});
