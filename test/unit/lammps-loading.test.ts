import { describe, test } from 'vitest';
import type { TextFiles } from '../../connectors/calculator/calculator.js';
import { lammpsCalculator } from '../../connectors/calculator/lammps/lammps.js';
import { peierlsPoints } from '../../domain/peierls-stress.js';
import type { PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import { slipSystem } from '../../domain/slip-system.js';

const calculator = await lammpsCalculator({ potential: 'zhou2004' });
const iron = buildPrototype('A2', { A: { Fe: 1 } }, { a: 2.86595 });
const elastic = [0, 1, 2, 3, 4, 5].map((i) => [0, 1, 2, 3, 4, 5].map((j) => (i === j ? (i < 3 ? 230 : 117) : i < 3 && j < 3 ? 135 : 0)));
const [task] = peierlsPoints(iron, slipSystem('A2', '{110}<111>'), 'screw', elastic, [{ layers: 20, glideLength: 20, rigidLayers: 4 }])
  .tasks as [PointTask];
const script = (it: PointTask = task) => calculator.writePoint(it).files['in.lammps'] ?? '';

const result =
  '{"version":20210929,"atoms":420,"energyEv":-1782.1,"pressureBar":[0,0,0,0,0,0],"origin":[0,0,-5],"lengths":[2.5,49,50],"tilts":[1.2,0,0]}\n';
/** Three lines of a run of LAMMPS 29 Sep 2021 on a bcc screw, shortened. */
const trace = [
  'strain stressMpa slipAngstrom energyEv forceNorm failedStrain',
  '0 -0.59 3.9e-05 -6233.25521320579 1.84653e-05 -',
  '0.02824653549263 4192.10929481 0.01333 -6230.56919550161 1.75761e-05 -',
  '0.0286232019504989 3676.38975703 0.0253 -6231.19058686141 1.98396e-05 0.0286232019504989',
  'end other-plane',
  '',
].join('\n');
const read = (files: TextFiles) => calculator.readPoint(task, { 'result.json': result, stdout: '', stderr: '', ...files });

describe('the script of a loading', () => {
  test('drives a screw along x and an edge along y', ({ expect }) => {
    expect(script()).toContain('displace_atoms all ramp x');
    const edge = peierlsPoints(iron, slipSystem('A2', '{110}<111>'), 'edge', elastic, [{ layers: 20, glideLength: 20, rigidLayers: 4 }]);
    expect(script(edge.tasks[0] as PointTask)).toContain('displace_atoms all ramp y');
  });

  test('asks for its trace and not for its thousands of atoms', ({ expect }) => {
    expect(calculator.writePoint(task).outputs).toEqual(['result.json', 'trace.txt']);
    expect(script()).not.toContain('write_dump');
  });

  test('has every label that it jumps to', ({ expect }) => {
    const labels = new Set([...script().matchAll(/^label (\w+)$/gm)].map((match) => match[1]));
    const targets = [...script().matchAll(/jump SELF (\w+)/g)].map((match) => match[1]);
    expect(targets.filter((target) => !labels.has(target))).toEqual([]);
  });

  test('leaves the scripts of other points as they were', ({ expect }) => {
    const text = script({ label: 'relax', structure: iron, periodic: [true, true, true], relax: 'ions' });
    expect(text).toContain('neighbor 0.5 bin');
    expect(text).not.toContain('suffix');
  });

  test('needs a loading', ({ expect }) => {
    const { loading: _, ...without } = task;
    expect(() => script(without)).toThrow(/its loading is not given/);
  });
});

describe('the trace of a loading', () => {
  test('is read with its end and the strain that failed', ({ expect }) => {
    const outcome = read({ 'trace.txt': trace });
    if (outcome.kind === 'failed') throw new Error(outcome.evidence);
    expect(outcome.result.trace?.end).toBe('other-plane');
    expect(outcome.result.trace?.increments[1]?.stressMpa).toBe(4192.10929481);
    expect(outcome.result.trace?.increments.map(({ failedStrain }) => failedStrain)).toEqual([undefined, undefined, 0.0286232019504989]);
    expect(outcome.result.structure.sites).toHaveLength(1);
  });

  test.for([
    ['missing', '', 'output-truncated'],
    ['cut short', trace.replace('end other-plane\n', ''), 'output-truncated'],
    ['not a number', trace.replace('4192.10929481', '-nan'), 'not-a-number'],
  ] as const)('that is %s is a named failure', ([, text, reason], { expect }) => {
    expect(read({ 'trace.txt': text })).toMatchObject({ kind: 'failed', reason });
  });

  test('of a run that lost atoms is a named failure', ({ expect }) => {
    expect(read({ 'trace.txt': trace, stdout: 'ERROR: Lost atoms: original 420 current 419 (src/thermo.cpp:439)\n' })).toMatchObject({
      kind: 'failed',
      reason: 'atoms-lost',
    });
  });
});
