import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, test } from 'vitest';
import type { TextFiles } from '../../connectors/calculator/calculator.js';
import { correctionRules, corrected, nextCorrection } from '../../connectors/calculator/vasp/correction.js';
import { silentOutcomes, vaspOutcomes } from '../../connectors/calculator/vasp/outcome.js';
import { readReport } from '../../connectors/calculator/vasp/potcar.js';
import { startingNumerics, VaspSettings } from '../../connectors/calculator/vasp/settings.js';
import { vaspCalculator } from '../../connectors/calculator/vasp/vasp.js';
import { readVasprun } from '../../connectors/calculator/vasp/vasprun.js';
import { countScript } from '../../connectors/computer/check/code.js';
import { gammaPoints } from '../../domain/gamma-surface.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import { slipSystem } from '../../domain/slip-system.js';
import { determinant } from '../../domain/vector.js';

const folder = fileURLToPath(new URL('data/vasp', import.meta.url));
const vasp = await vaspCalculator();
const names = ['vasprun.short.xml', 'OUTCAR.short', 'OSZICAR', 'potcar.txt', 'stdout', 'stderr'];

function written(path: string): TextFiles {
  const there = names.filter((name) => existsSync(join(folder, path, name)));
  return Object.fromEntries(there.map((name) => [name, readFileSync(join(folder, path, name), 'utf8')]));
}

const task = (changes: Partial<PointTask> = {}): PointTask => ({
  label: 'strain/e1',
  structure: buildPrototype('A1', { A: { Al: 1 } }, { a: 3.8 }),
  periodic: [true, true, true],
  relax: 'none',
  ...changes,
});
const alni3 = task({ structure: buildPrototype('L1_2', { A: { Ni: 1 }, B: { Al: 1 } }, { a: 3.57 }), relax: 'ions' });
const iron = task({ structure: buildPrototype('A2', { A: { Fe: 1 } }, { a: 2.83 }), relax: 'cell-and-ions' });

function completed(point: PointTask, outputs: TextFiles, calculator = vasp) {
  const outcome = calculator.readPoint(point, outputs);
  if (outcome.kind === 'failed') throw new Error(outcome.evidence);
  return outcome.result;
}
function failure(point: PointTask, outputs: TextFiles, calculator = vasp) {
  const outcome = calculator.readPoint(point, outputs);
  return outcome.kind === 'failed' ? [outcome.reason, outcome.evidence.split('\n')[0]] : ['completed'];
}

describe('a finished run of VASP', () => {
  test('of a squeezed crystal has a negative stress in GPa, for all the atoms of the conventional cell', ({ expect }) => {
    const { energyEv, stressGpa, structure } = completed(task(), written('run/squeezed'));
    // 128.04 kB, printed positive, is what pw.x has for Al at this size (quantum-espresso-output.test.ts).
    expect(stressGpa?.slice(0, 3)).toEqual([0, 0, 0].map(() => expect.closeTo(-12.804, 9)));
    // The energy without smearing of the last electronic step; the file has another number as that of the ionic step, as some versions do.
    expect(energyEv).toBeCloseTo(4 * -3.5115, 6);
    expect(structure).toEqual(task().structure);
  });

  test('has its shear stresses in Voigt order, from either file', ({ expect }) => {
    const outputs = written('run/sheared');
    const { 'vasprun.short.xml': _xml, ...printed } = outputs;
    const voigt = [-1, -2, -3, -0.2, -0.3, -0.1].map((value): unknown => expect.closeTo(value, 9));
    expect(completed(task(), outputs).stressGpa).toEqual(voigt);
    expect(completed(task(), printed).stressGpa).toEqual(voigt);
  });

  test('reads the same from OUTCAR where vasprun.xml is missing or cut', ({ expect }) => {
    const { 'vasprun.short.xml': xml = '', ...printed } = written('run/squeezed');
    const whole = completed(task(), { ...printed, 'vasprun.short.xml': xml });
    for (const outputs of [printed, { ...printed, 'vasprun.short.xml': xml.slice(0, 2500) }]) {
      const read = completed(task(), outputs);
      expect(read.energyEv).toBeCloseTo(whole.energyEv, 6);
      expect(read.stressGpa).toEqual(whole.stressGpa);
    }
  });

  test('gives atoms back in the order of the task', ({ expect }) => {
    const { structure, maxForceEvPerAngstrom } = completed(alni3, written('run/alni3'));
    expect(structure.sites.map(({ species }) => species)).toEqual(['Ni', 'Ni', 'Ni', 'Al']);
    expect(structure.sites.map(({ position }) => position)).toEqual(
      alni3.structure.sites.map(({ position }) => position.map((value): unknown => expect.closeTo(value, 7))),
    );
    expect(maxForceEvPerAngstrom).toBe(0.004);
  });

  test('tells its moment, and the loss of one that the campaign says is there', async ({ expect }) => {
    const told = await vaspCalculator({ magnetism: { Fe: 3 } });
    expect(completed(iron, written('run/fe'), told).magneticMoment).toBeCloseTo(4.4, 6);
    expect(failure(iron, written('run/fe-dead'), told)).toEqual([
      'moment-lost',
      'moment-lost: 0.0003 Bohr magnetons are left of the starting moments of 1 atoms',
    ]);
    // Without such a word a crystal may be non-magnetic; sets are compared by the protocol.
    expect(completed(iron, written('run/fe-dead')).magneticMoment).toBeCloseTo(0.0006, 6);
  });

  test('names its version, and refuses another one than the campaign requires', async ({ expect }) => {
    expect(vasp.codeVersion(written('run/squeezed'))).toBe('VASP 6.3.2');
    expect(vasp.codeVersion({ 'OUTCAR.short': written('run/squeezed')['OUTCAR.short'] ?? '' })).toBe('VASP 6.3.2');
    const strict = await vaspCalculator({ requiresVersion: '6.4' });
    expect(failure(task(), written('run/squeezed'), strict)).toEqual([
      'code-error',
      'wrong-version: this is VASP 6.3.2; the campaign requires 6.4',
    ]);
  });
});

describe('a run of VASP that went wrong', () => {
  test.for(vaspOutcomes.map(({ name, reason }) => [name, reason] as const))('%s is %s', ([name, reason], { expect }) => {
    const [found, evidence] = failure(task({ relax: 'ions' }), written(`outcome/${name}`));
    expect([found, evidence?.split(':')[0]]).toEqual([reason, name]);
  });

  test.for(['interrupted', 'scf-not-converged', 'highest-band-occupied'] as const)('%s announces itself in numbers', (name, { expect }) => {
    const known = Object.values(silentOutcomes).find((outcome) => outcome.name === name);
    const [found, evidence] = failure(task(), written(`outcome/${name}`));
    expect([found, evidence?.split(':')[0]]).toEqual([known?.reason, name]);
  });

  test('every fixture is of an outcome that exists', ({ expect }) => {
    const known = [...vaspOutcomes, ...Object.values(silentOutcomes)].map(({ name }) => name as string);
    expect(readdirSync(join(folder, 'outcome')).filter((name) => !known.includes(name))).toEqual([]);
  });

  const good = written('run/squeezed');
  const changed = (name: string, from: string | RegExp, to: string) => ({ ...good, [name]: (good[name] ?? '').replace(from, to) });
  test.for([
    ['no files at all', {}, 'output-missing', /output-missing/],
    ['NaN in the stress', changed('vasprun.short.xml', '128.04000000', '         NaN'), 'not-a-number', /not-a-number/],
    ['asterisks in the stress', changed('vasprun.short.xml', '128.04000000', '************'), 'not-a-number', /not-a-number/],
    ['a relaxation that ran out of steps', written('outcome/relaxation-not-converged'), 'not-converged', /relaxation-not-converged/],
    ['another number of atoms', written('run/alni3'), 'atoms-lost', /wrong-structure: 4 positions and 4 forces of 1 atoms/],
    ['another element', changed('vasprun.short.xml', '<rc><c>Al</c>', '<rc><c>Ni</c>'), 'atoms-lost', /has computed Ni1, not Al1/],
  ] as const)('%s', ([name, outputs, reason, evidence], { expect }) => {
    const outcome = vasp.readPoint(task({ relax: name.includes('relaxation') ? 'cell-and-ions' : 'none' }), outputs);
    expect(outcome.kind === 'failed' && outcome.reason).toBe(reason);
    expect(outcome.kind === 'failed' && outcome.evidence).toMatch(evidence);
  });

  test('elements in another order are refused', ({ expect }) => {
    const outputs = written('run/alni3');
    const swapped = (outputs['vasprun.short.xml'] ?? '').replace(/(<rc><c>Al<\/c>.*\n)(\s*<rc><c>Ni<\/c>.*\n)/, '$2$1');
    expect(failure(alni3, { ...outputs, 'vasprun.short.xml': swapped })).toEqual([
      'atoms-lost',
      'wrong-structure: VASP has computed Ni1 Al1 Ni2, not Al1 Ni3',
    ]);
  });

  test('atoms that collapse are lost, and a cell that keeps stress says that the cutoff is too low', ({ expect }) => {
    const small = task({ structure: buildPrototype('A1', { A: { Al: 1 } }, { a: 1.9 }) });
    const text = (good['vasprun.short.xml'] ?? '').replaceAll('1.90000000', '0.95000000');
    expect(failure(small, { ...good, 'vasprun.short.xml': text })[1]).toBe('atoms-collapsed: two atoms are 1.34 angstrom apart');
    const relaxed = { ...good, 'OUTCAR.short': `${good['OUTCAR.short']} reached required accuracy` };
    expect(failure(task({ relax: 'cell-and-ions' }), relaxed)[1]).toMatch(/^stress-left: .*raise encutEv/);
  });

  test('never throws, wherever its XML is cut, and keeps the steps before the cut', ({ expect }) => {
    const xml = good['vasprun.short.xml'] ?? '';
    const lengths = Array.from({ length: Math.floor(xml.length / 61) }, (_, i) => i * 61);
    const kinds = lengths.map((length) => vasp.readPoint(task(), { 'vasprun.short.xml': xml.slice(0, length) }).kind);
    expect(new Set(kinds)).toEqual(new Set(['failed']));
    const cut = readVasprun(xml.slice(0, -12));
    expect(cut.complete).toBe(false);
    expect(cut.steps).toHaveLength(1);
  });

  test('survives characters that are no XML', ({ expect }) => {
    const outputs = changed('vasprun.short.xml', 'written by hand', 'a < b & \u0000 c');
    expect(completed(task(), outputs).energyEv).toBeCloseTo(-14.046, 6);
  });
});

describe('the input of VASP', () => {
  const tags = (text: string) =>
    Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => line.split(' = ')),
    );

  test('holds elements together, sorted, with moments in that order', ({ expect }) => {
    const { POSCAR = '', INCAR = '' } = vasp.writePoint(alni3).files;
    const lines = POSCAR.split('\n');
    expect(lines.slice(5, 8)).toEqual(['  Al Ni', '  1 3', 'Direct']);
    expect(lines[8]).toBe('  0.000000000000 0.000000000000 0.000000000000');
    expect(tags(INCAR)).toMatchObject({ ISPIN: '2', MAGMOM: '0 1.5 1.5 1.5', NSW: '60', ISIF: '2', LREAL: '.FALSE.' });
  });

  test('of a fault keeps the tilted cell, right-handed, with atoms free along the third vector only', ({ expect }) => {
    const crystal = buildPrototype('A1', { A: { Al: 1 } }, { a: 4.04 });
    const { tasks } = gammaPoints(crystal, slipSystem('A1', '{111}<110>'), { geometry: 'tilted' });
    const fault = tasks.find(({ label }) => label === 'gamma/02-02');
    if (fault === undefined) throw new Error('no such point');
    const { POSCAR = '', KPOINTS = '', INCAR = '' } = vasp.writePoint(fault).files;
    const lines = POSCAR.split('\n');
    expect(lines[7]).toBe('Selective dynamics');
    expect(lines.slice(9, 15).every((line) => line.endsWith(' F F T'))).toBe(true);
    expect(determinant(fault.structure.lattice)).toBeGreaterThan(0);
    expect(Math.hypot(fault.structure.lattice[2][0], fault.structure.lattice[2][1])).toBeGreaterThan(1);
    expect(tags(INCAR)).toMatchObject({ ISIF: '2', IBRION: '2', EDIFFG: '-0.005' });
    // One mesh for all points of the surface, whatever their tilt.
    expect(new Set(tasks.map((point) => vasp.writePoint(point).files['KPOINTS']))).toEqual(new Set([KPOINTS]));
  });

  test('of a cell relaxation is passed three times, and its cell is primitive', ({ expect }) => {
    const { files, wrapper } = vasp.writePoint(iron);
    expect(files['potcar.list']).toBe('bands 1\npasses 3\nFe Fe 1 -\n');
    expect(tags(files['INCAR'] ?? '')).toMatchObject({ ISIF: '3', ENCUT: '520', MAGMOM: '3', ALGO: 'Normal' });
    expect(wrapper).toEqual(['sh', '../shared/vasp.sh']);
  });

  test('average atoms are refused with the remedy', ({ expect }) => {
    const solution = buildPrototype('A1', { A: { Al: 0.5, Cu: 0.5 } }, { a: 3.8 });
    expect(vasp.rejects(solution)).toMatch(/average atom.*generator: sqs/);
  });

  test.for([
    [{ encutEv: 20 }, /below 100 eV describes no metal/],
    [{ encutEv: 52_000 }, /slip of the pen/],
    [{ potcars: { Al: '../Al' } }, /name of a POTCAR folder/],
    [{ potcarSha256: { Al: 'abc' } }, /64 hexadecimal digits/],
    [{ ecut: 400 }, /[Uu]nrecognized key/],
  ] as const)('settings %j are refused', async ([settings, message], { expect }) => {
    await expect(vaspCalculator(settings)).rejects.toThrow(message);
  });

  test('how many cores work changes no identity; a POTCAR does', async ({ expect }) => {
    const of = async (settings: Record<string, unknown>) => (await vaspCalculator(settings)).fingerprint(alni3.structure);
    expect(await of({ kpar: 4, ncore: 2 })).toBe(vasp.fingerprint(alni3.structure));
    expect(await of({ potcars: { Ni: 'Ni_pv' } })).not.toBe(vasp.fingerprint(alni3.structure));
    // Not in this crystal.
    expect(await of({ potcars: { Fe: 'Fe_pv' } })).toBe(vasp.fingerprint(alni3.structure));
  });
});

describe('corrections of VASP', () => {
  const settings = VaspSettings.parse({ kpar: 4, realSpaceProjection: true });
  const numerics = startingNumerics(settings);

  test.for([
    ['scf-not-converged', 'all-bands', 'safe', ['ALGO = All']],
    ['eddrmm', 'all-bands', 'safe', ['ALGO = All']],
    ['edddav', 'all-bands', 'safe', ['ALGO = All']],
    ['subspace-matrix', 'all-bands', 'safe', ['ALGO = All']],
    ['brmix', 'kerker-mixing', 'safe', ['IMIX = 1']],
    ['zheev', 'exact-diagonalisation', 'safe', ['ALGO = Exact']],
    ['zpotrf', 'smaller-steps', 'safe', ['POTIM = 0.25']],
    ['brions', 'larger-steps', 'safe', ['POTIM = 0.6']],
    ['zbrent', 'quasi-newton', 'safe', ['IBRION = 1']],
    ['relaxation-not-converged', 'more-ionic-steps', 'safe', ['NSW = 180']],
    ['small-mixing', 'long-cell-mixing', 'safe', ['AMIN = 0.01']],
    ['out-of-memory', 'fewer-k-groups', 'safe', ['KPAR = 2']],
    ['too-few-bands', 'more-bands', 'whole-set', ['bands 1.2']],
    ['highest-band-occupied', 'more-bands', 'whole-set', ['bands 1.2']],
    ['tetrahedra', 'gaussian-smearing', 'whole-set', ['ISMEAR = 0']],
    ['real-space-projectors', 'reciprocal-projectors', 'whole-set', ['LREAL = .FALSE.']],
    ['inverse-rotation', 'finer-symmetry', 'whole-set', ['SYMPREC = 1e-8']],
    ['primitive-cell', 'finer-symmetry', 'whole-set', ['SYMPREC = 1e-8']],
    ['group-operation', 'finer-symmetry', 'whole-set', ['SYMPREC = 1e-8']],
    ['density-symmetry', 'finer-symmetry', 'whole-set', ['SYMPREC = 1e-8']],
    ['position-map', 'finer-symmetry', 'whole-set', ['SYMPREC = 1e-8']],
    ['symmetry-noise', 'finer-symmetry', 'whole-set', ['SYMPREC = 1e-8']],
  ] as const)('%s is cured by %s (%s)', async ([outcome, name, safety, lines], { expect }) => {
    const calculator = await vaspCalculator({ kpar: 4, realSpaceProjection: true });
    const point = iron;
    expect(
      calculator.correction?.(task({ relax: outcome.startsWith('relax') ? 'cell-and-ions' : 'none' }), written(`outcome/${outcome}`), []),
    ).toMatchObject({
      name,
      safety,
    });
    const before = Object.values(calculator.writePoint(point).files).join('\n').split('\n');
    const after = Object.values(calculator.writePoint(point, [name]).files)
      .join('\n')
      .split('\n');
    expect(after.filter((line) => !before.includes(line))).toEqual(lines);
  });

  test('a rule that would change nothing gives way to the next', ({ expect }) => {
    const reciprocal = startingNumerics(VaspSettings.parse({}));
    expect(nextCorrection('real-space-projectors', [], reciprocal)).toBeUndefined();
    expect(nextCorrection('out-of-memory', [], reciprocal)).toBeUndefined();
    expect(nextCorrection('real-space-projectors', [], numerics)?.name).toBe('reciprocal-projectors');
  });

  test('one follows the other until none is left', ({ expect }) => {
    const chain = (outcome: Parameters<typeof nextCorrection>[0]) => {
      const applied: string[] = [];
      for (
        let rule = nextCorrection(outcome, applied, numerics);
        rule?.edit !== undefined;
        rule = nextCorrection(outcome, applied, numerics)
      )
        applied.push(rule.name);
      return applied;
    };
    expect(chain('scf-not-converged')).toEqual(['all-bands', 'cautious-mixing']);
    expect(chain('brmix')).toEqual(['kerker-mixing', 'no-symmetry']);
    expect(chain('zpotrf')).toEqual(['smaller-steps', 'smaller-steps', 'no-symmetry']);
    expect(chain('inverse-rotation')).toEqual(['finer-symmetry', 'no-symmetry']);
    // Nobody knows it: once more as it is, and then it stands.
    expect(chain('error')).toEqual(['unchanged']);
  });

  test('geometry is never touched', ({ expect }) => {
    expect(nextCorrection('triple-product', [], numerics)?.safety).toBe('forbidden');
    for (const { name } of correctionRules.filter(({ safety }) => safety === 'forbidden'))
      expect(corrected(numerics, [name])).toEqual(numerics);
  });

  test('every rule but the last resort cures an outcome that a fixture shows', ({ expect }) => {
    const shown = readdirSync(join(folder, 'outcome'));
    expect(correctionRules.filter(({ cures }) => !cures.some((name) => shown.includes(name))).map(({ name }) => name)).toEqual([]);
  });
});

describe('the wrapper of VASP', () => {
  const root = mkdtempSync(join(tmpdir(), 'peierls-vasp-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const library = join(root, 'potpaw');
  const header = (element: string, enmax: number, zval: number) =>
    `  PAW_PBE ${element} 01Jan2000\n ${zval}\n parameters from PSCTR are:\n   VRHFIN =${element}: s p\n   TITEL  = PAW_PBE ${element} 01Jan2000\n   ENMAX  =  ${enmax.toFixed(3)}; ENMIN  =  180.000 eV\n   POMASS =   26.982; ZVAL   =    ${zval.toFixed(3)}    mass and valenz\n`;
  const put = (path: string, text: string) => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  };
  put(join(library, 'Al', 'POTCAR'), header('Al', 240.3, 3));
  put(join(library, 'POTCAR.Ni'), header('Ni', 269.5, 10));
  execFileSync('gzip', [join(library, 'POTCAR.Ni')]);
  put(join(library, 'Xx', 'POTCAR'), header('Cu', 295, 11));

  let runs = 0;
  function run(
    point: PointTask,
    script: string,
    changes: { settings?: Record<string, unknown>; environment?: Record<string, string> } = {},
  ) {
    runs += 1;
    const work = join(root, String(runs), 'point');
    return vaspCalculator(changes.settings ?? {}).then((calculator) => {
      const { files, wrapper = [], outputs: wanted } = calculator.writePoint(point);
      for (const [name, text] of Object.entries(files)) put(join(work, name), text);
      for (const [name, text] of Object.entries(calculator.sharedFiles(point.structure))) put(join(work, '..', 'shared', name), text);
      const [program = '', ...args] = wrapper;
      const done = spawnSync(program, [...args, 'sh', '-c', script], {
        cwd: work,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', PEIERLS_PSEUDOPOTENTIALS: library, ...changes.environment },
      });
      const there = wanted.filter((name) => existsSync(join(work, name)));
      const texts = there.map((name) => [name, readFileSync(join(work, name), 'utf8')]);
      const outputs: TextFiles = { ...Object.fromEntries(texts), stdout: done.stdout, stderr: done.stderr };
      return { calculator, status: done.status, outputs, left: readdirSync(work) };
    });
  }

  test('joins POTCAR in the order of POSCAR, counts bands, and leaves a report instead of it', async ({ expect }) => {
    const { status, outputs, left } = await run(alni3, 'grep -c TITEL POTCAR; head -1 POTCAR; grep NBANDS INCAR');
    expect(status).toBe(0);
    // 33 electrons: 0.7 x 33 + 4 = 27.1.
    expect(outputs['stdout']).toBe('2\n  PAW_PBE Al 01Jan2000\nNBANDS = 28\n');
    expect(readReport(outputs['potcar.txt']).map(({ element, enmaxEv, title }) => [element, enmaxEv, title])).toEqual([
      ['Al', 240.3, 'PAW_PBE Al 01Jan2000'],
      ['Ni', 269.5, 'PAW_PBE Ni 01Jan2000'],
    ]);
    expect(readReport(outputs['potcar.txt'])[0]?.sha256).toBe(
      createHash('sha256')
        .update(header('Al', 240.3, 3))
        .digest('hex'),
    );
    expect(left).not.toContain('POTCAR');
  });

  test('and `computer test` find the same POTCARs', ({ expect }) => {
    const count = (path: string) => spawnSync('bash', ['-c', countScript, 'count', path], { encoding: 'utf8' });
    expect(count(library).stdout).toBe('3\nPAW_PBE Al 01Jan2000\n');
    expect(count(join(library, 'Al')).stdout).toBe('0\n');
    expect(count('/nowhere').status).toBe(66);
  });

  test.for([
    ['a folder that is not there', alni3, {}, { PEIERLS_PSEUDOPOTENTIALS: '/nowhere' }, /^potcar-folder: .*\/nowhere is not a folder/],
    ['a POTCAR that is missing', iron, {}, {}, /^potcar-missing: .* has no Fe\/POTCAR for Fe/],
    ['a POTCAR of another element', task(), { potcars: { Al: 'Xx' } }, {}, /^potcar-element: .* is of Cu, not of Al/],
    ['another file than the campaign names', task(), { potcarSha256: { Al: '0'.repeat(64) } }, {}, /^potcar-other: .*PAW_PBE Al/],
    ['a cutoff below that of the file', task(), { encutEv: 200 }, {}, /^cutoff-too-low: .*ENCUT is 200 eV and Al needs 240.300/],
  ] as const)('refuses %s before VASP runs', async ([, point, settings, environment, evidence], { expect }) => {
    const { calculator, status, outputs } = await run(point, 'echo ran', { settings, environment });
    expect(status).toBe(65);
    expect(outputs['stdout']).toBe('');
    const outcome = calculator.readPoint(point, outputs);
    expect(outcome.kind === 'failed' && outcome.evidence).toMatch(evidence);
    expect(calculator.correction?.(point, outputs, [])).toBeUndefined();
  });

  test('relaxes a cell again with plane waves of its own, from where it came to rest', async ({ expect }) => {
    const { outputs } = await run(
      task({ relax: 'cell-and-ions' }),
      'sed -n 1p POSCAR; sed "1s/.*/again/" POSCAR > CONTCAR; echo "reached required accuracy" > OUTCAR',
    );
    expect(outputs['stdout']).toBe('strain/e1\nagain\nagain\n');
  });

  test('brings home what is read, without eigenvalues and k-points', async ({ expect }) => {
    const long =
      '<modeling>\\n<varray name="kpointlist">\\n<v>0 0 0</v>\\n</varray>\\n<i name="a">1</i>\\n<eigenvalues>\\n<r>1 2</r>\\n</eigenvalues>\\n</modeling>';
    const { outputs } = await run(
      task(),
      `printf '${long}\\n' > vasprun.xml; printf ' k-point     1 :       0.0000    0.0000    0.0000\\n      1      -7.1234      2.00000\\n  in kB  1 2 3 4 5 6\\n' > OUTCAR`,
    );
    expect(outputs['vasprun.short.xml']).toBe('<modeling>\n<i name="a">1</i>\n</modeling>\n');
    expect(outputs['OUTCAR.short']).toBe('  in kB  1 2 3 4 5 6\n');
  });

  test('asks VASP to stop before the wall time is over', async ({ expect }) => {
    const { calculator, outputs } = await run(task(), 'while [ ! -e STOPCAR ]; do sleep 0.1; done; cat STOPCAR', {
      environment: { PEIERLS_SECONDS_LEFT: '2' },
    });
    expect(outputs['stdout']).toBe('LABORT = .TRUE.\n');
    const outcome = calculator.readPoint(task(), outputs);
    expect(outcome.kind === 'failed' && outcome.reason).toBe('out-of-time');
  });
});
