import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import type { TextFiles } from '../../connectors/calculator/calculator.js';
import { lammpsCalculator } from '../../connectors/calculator/lammps/lammps.js';
import { codeVersion } from '../../connectors/calculator/lammps/output.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';

const calculator = await lammpsCalculator({ potential: 'zhou2004' });
const names = ['result.json', 'final.dump', 'stdout'];

/** Outputs of LAMMPS 29 Sep 2021 (Debian), as retrieved. */
function captured(run: string): TextFiles {
  const files = names.flatMap((name): [string, string][] => {
    try {
      return [[name, readFileSync(new URL(`data/lammps/${run}.${name}`, import.meta.url), 'utf8')]];
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
      throw cause;
    }
  });
  return Object.fromEntries(files);
}

const copper = buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.7 });
const task = (changes: Partial<PointTask> = {}): PointTask => ({
  label: 'relax',
  structure: copper,
  periodic: [true, true, true],
  relax: 'cell-and-ions',
  cellFreedom: 'isotropic',
  ...changes,
});
const read = (outputs: TextFiles, changes: Partial<PointTask> = {}) => calculator.readPoint(task(changes), outputs);

describe('a finished run', () => {
  test('gives energy, stress, cell and positions in the axes of the task', ({ expect }) => {
    const outcome = read(captured('relax'));
    if (outcome.kind === 'failed') throw new Error(outcome.evidence);
    expect(outcome.result.energyEv).toBe(-14.1599722838468);
    expect(outcome.result.structure.lattice[0][0]).toBeCloseTo(3.61495871, 8);
    expect(outcome.result.structure.sites[1]?.position[1]).toBeCloseTo(0.5, 12);
    expect(Math.max(...(outcome.result.stressGpa ?? [NaN]).map(Math.abs))).toBeLessThan(1e-9);
    expect(outcome.result.maxForceEvPerAngstrom).toBeLessThan(1e-9);
  });

  test('of a slab has no stress', ({ expect }) => {
    const outcome = read(captured('relax'), { relax: 'ions', periodic: [true, true, false] });
    expect(outcome.kind === 'completed' && outcome.result.stressGpa).toBeUndefined();
  });

  test('names the version of the code', ({ expect }) => {
    expect(codeVersion(captured('relax'))).toBe('20210929');
    expect(codeVersion(captured('unknown-style'))).toBe('29 Sep 2021 - Update 2');
    expect(codeVersion({})).toBeUndefined();
  });

  test('turns pressure in bar into stress in GPa', ({ expect }) => {
    const outputs = captured('relax');
    const strained = outputs['result.json']?.replace(/"pressureBar":\[[^\]]*\]/, '"pressureBar":[-20000,-10000,0,3000,2000,1000]') ?? '';
    const outcome = read({ ...outputs, 'result.json': strained }, { relax: 'ions' });
    const stress = outcome.kind === 'completed' ? outcome.result.stressGpa : undefined;
    for (const [i, value] of [2, 1, 0, -0.3, -0.2, -0.1].entries()) expect(stress?.[i]).toBeCloseTo(value, 12);
  });
});

describe('a run that went wrong', () => {
  test.for([
    ['unknown-style', 'code-error', /Unrecognized pair style/],
    ['lost-atoms', 'atoms-lost', /Lost atoms: original 2 current 0/],
    ['overlap', 'not-a-number', /not numbers/],
    ['not-converged', 'not-converged', /largest force 0\.00023/],
  ] as const)('%s is %s', ([run, reason, evidence], { expect }) => {
    const outcome = read(captured(run), { relax: run === 'overlap' ? 'none' : 'ions' });
    expect(outcome).toMatchObject({ kind: 'failed', reason });
    expect(outcome.kind === 'failed' && outcome.evidence).toMatch(evidence);
  });

  test('left nothing', ({ expect }) => {
    expect(read({})).toMatchObject({ kind: 'failed', reason: 'output-missing' });
    expect(read({ ...captured('relax'), 'final.dump': undefined as never })).toMatchObject({ kind: 'failed', reason: 'output-missing' });
  });

  test('was killed before the end: the script empties the result of an earlier attempt first', ({ expect }) => {
    expect(read({ 'result.json': '{}\n' })).toMatchObject({ kind: 'failed', reason: 'output-truncated' });
  });

  test.for(names.slice(0, 2))('never throws wherever %s is cut', (name, { expect }) => {
    const outputs = captured('relax');
    const whole = outputs[name] ?? '';
    for (let length = 0; length < whole.trimEnd().length; length++) {
      const outcome = read({ ...outputs, [name]: whole.slice(0, length) });
      expect(outcome.kind, `cut at ${length}`).toBe('failed');
    }
  });

  test('never throws on nonsense', ({ expect }) => {
    for (const nonsense of ['', '[]', 'null', '42', '{"energyEv":"low"}', '\u0000\u0001', 'ITEM: ATOMS\n1 2']) {
      expect(read({ 'result.json': nonsense, 'final.dump': nonsense }).kind).toBe('failed');
      expect(read({ ...captured('relax'), 'final.dump': nonsense }).kind).toBe('failed');
    }
  });

  test('lost an atom without saying so', ({ expect }) => {
    const outputs = captured('relax');
    const fewer = outputs['final.dump']?.replace('NUMBER OF ATOMS\n4', 'NUMBER OF ATOMS\n3') ?? '';
    expect(read({ ...outputs, 'final.dump': fewer })).toMatchObject({ kind: 'failed', reason: 'atoms-lost' });
  });

  test('left stress that the cell could have relaxed', ({ expect }) => {
    const outputs = captured('relax');
    const strained = outputs['result.json']?.replace(/"pressureBar":\[[^\]]*\]/, '"pressureBar":[900,-900,0,3000,2000,1000]') ?? '';
    expect(read({ ...outputs, 'result.json': strained }).kind).toBe('completed');
    expect(read({ ...outputs, 'result.json': strained }, { cellFreedom: 'orthorhombic' })).toMatchObject({ reason: 'not-converged' });
  });

  test('was stopped by the pool', ({ expect }) => {
    expect(read({ stderr: 'ERROR: stopped at the time limit of 5 s\n' })).toMatchObject({ reason: 'out-of-time' });
  });
});
