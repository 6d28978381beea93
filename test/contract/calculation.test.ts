import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, describe, test } from 'vitest';
import { calculationActivities, type CollectedCalculation } from '../../activities/calculation.js';
import type { Dependencies } from '../../activities/dependencies.js';
import { probePw } from '../../connectors/calculator/quantum-espresso/engine.js';
import { CalculatorPool } from '../../connectors/calculator/open.js';
import { ComputerPool } from '../../connectors/computer/computer.js';
import type { CalculationDocument } from '../../connectors/store/document.js';
import { pack, unpack } from '../../connectors/store/nested-array.js';
import { ElasticProperty, RelaxationProperty } from '../../connectors/store/property.js';
import { ComputerSettings } from '../../domain/computer.js';
import type { CalculationInputs } from '../../domain/calculation.js';
import { InvalidInput } from '../../domain/failures.js';
import { buildPrototype } from '../../domain/prototype.js';
import { realStore } from './real-store.js';
import { temporaryFolder } from './temporary.js';

const folder = temporaryFolder('calculation');
afterAll(() => folder.remove());
const { store } = realStore('calculation-store');
const pw = await probePw();
if (!pw.usable) console.warn(`skipping pw.x: ${pw.reason}`);
const standIn = [process.execPath, '--import', import.meta.resolve('tsx'), fileURLToPath(new URL('vasp-stand-in.ts', import.meta.url))];
const potcars = join(folder.path, 'potpaw');
write(
  join(potcars, 'Al', 'POTCAR'),
  '   VRHFIN =Al: s2p1\n   TITEL  = PAW_PBE Al 04Jan2001\n   ENMAX  =  240.300; ENMIN  =  180 eV\n   ZVAL   =    3.000    mass\n',
);

const structure = buildPrototype('A1', { A: { Al: 1 } }, { a: 4.04 });
const elastic: CalculationInputs = {
  kind: 'elastic-tensor',
  protocolVersion: 1,
  calculator: { name: 'vasp', fingerprint: 'f' },
  prototype: 'A1',
  relaxation: 'relaxed',
  settings: { method: 'stress', amplitudes: [0.005] },
};
const document = (id: string, inputs: CalculationInputs, calculator: CalculationDocument['calculator']): CalculationDocument => ({
  _id: id.padEnd(64, '0'),
  kind: inputs.kind,
  inputs: pack(inputs),
  calculator,
  formula: 'Al',
  state: 'planned',
  askedBy: 'c#1',
  computer: null,
  points: { total: 0, executed: 0 },
  outcome: null,
  attempts: 0,
  jobs: 0,
  provenance: {},
  createdAt: '',
  finishedAt: null,
});

/** Runs a calculation as its workflow does, and tells what each attempt came to. */
async function run(
  id: string,
  inputs: CalculationInputs,
  command: string[],
  pseudopotentials = potcars,
  calculator: CalculationDocument['calculator'] = { name: 'vasp' },
  relaxed: Partial<RelaxationProperty> = {},
) {
  await store()
    .collection('properties')
    .insertOne({
      _id: 'relaxed',
      kind: 'relaxation',
      formula: 'Al',
      value: pack({ structure, a: 4.04, energyPerAtomEv: -3.7, ...relaxed }),
      attempts: [],
      createdAt: '',
    });
  const asked = document(id, inputs, calculator);
  await store().collection('calculations').insertOne(asked);
  const settings = ComputerSettings.parse({
    workDir: join(folder.path, id),
    codes: { [calculator.name]: { command, ...(pseudopotentials !== '' && { pseudopotentials }) } },
    cleanUp: 'never',
  });
  const dependencies = {
    store: store(),
    computers: new ComputerPool({ here: settings }),
    calculators: new CalculatorPool(),
    temporal: { workflow: { signalWithStart: () => Promise.resolve() } },
  } as unknown as Dependencies;
  const activities = calculationActivities(dependencies);
  const told: CollectedCalculation[] = [];
  for (let count = 0; count < 12; count += 1) {
    const submitted = await activities.submitCalculation({ calculation: asked._id, computer: 'here', wallTimeSeconds: 600 });
    if (submitted.kind === 'ended') throw new Error('it had ended');
    await new MockActivityEnvironment().run(() => activities.awaitJob({ attempt: submitted.attempt }));
    const collected = await activities.collectCalculation({ calculation: asked._id, attempt: submitted.attempt, attemptsAllowed: 3 });
    told.push(collected);
    if (collected.kind === 'ended') break;
  }
  const ended = await store().collection('calculations').findOne({ _id: asked._id });
  const attempts = await store().collection('attempts').find({ calculation: asked._id }).toArray();
  const property = await store().collection('properties').findOne({ _id: asked._id });
  return { told, ended, attempts, value: property === null ? undefined : unpack(property.value) };
}

describe('a calculation whose points need more bands', () => {
  test('starts again as a whole, with the correction in every point', async ({ expect }) => {
    const { told, ended, attempts, value } = await run('b1', elastic, standIn);
    expect(told).toEqual([
      {
        kind: 'incomplete',
        missing: 3,
        reason: expect.stringMatching(
          /^strain\/e4.*too-few-bands: TOO FEW BANDS; next, for the whole set from its start: compute 20 % more bands/,
        ) as string,
      },
      { kind: 'ended', outcome: { kind: 'completed' } },
    ]);
    // Two were computed twice: what they gave without the correction does not count.
    expect(attempts.map(({ pointsWanted, pointsDone, corrections }) => [pointsWanted, pointsDone, corrections?.length ?? 0])).toEqual([
      [3, 2, 1],
      [3, 3, 0],
    ]);
    expect(attempts[0]?.corrections?.[0]).toMatchObject({ name: 'more-bands', set: true });
    expect(ended?.provenance).toMatchObject({ code: 'VASP 6.9.9', corrections: 'more-bands' });
    expect(ended?.points.executed).toBe(6);
    const { constants } = ElasticProperty.parse(value);
    // What the stand-in is made of; strains of 0.5 % and Lagrangian measure leave 1 %.
    expect(constants['C11']).toBeCloseTo(110, 0);
    expect(constants['C12']).toBeCloseTo(60, 0);
    expect(constants['C44']).toBeCloseTo(30, 0);
  });
});

describe('a crystal that is no metal', () => {
  test('has elastic constants, and the finding that its gamma surfaces are not wanted', async ({ expect }) => {
    const { ended, value } = await run('b6', elastic, standIn, potcars, { name: 'vasp' }, { bandGapEv: 3.1 });
    expect(ended?.outcome).toEqual({ kind: 'completed', finding: 'not-a-metal' });
    expect(ElasticProperty.parse(value).constants['C11']).toBeCloseTo(110, 0);
  });

  test.skipIf(!pw.usable)('is known by its band gap, which pw.x tells of its relaxation', async ({ expect }) => {
    const oxide = buildPrototype('B2', { A: { Mg: 1 }, B: { O: 1 } }, { a: 2.6 });
    const { ended, value } = await run(
      'b7',
      {
        kind: 'relaxation',
        protocolVersion: 1,
        calculator: { name: 'quantum-espresso', fingerprint: 'f' },
        prototype: 'B2',
        structure: oxide,
      },
      pw.command,
      '',
      {
        name: 'quantum-espresso',
        functional: 'LDA',
        files: { Mg: 'Mg.pz-n-vbc.UPF', O: 'O.pz-rrkjus.UPF' },
        cutoffRy: { wavefunctions: 25, density: 200 },
        kPointsPerAtom: 100,
        finalStressToleranceGpa: 5,
      },
    );
    expect(ended?.outcome).toEqual({ kind: 'completed' });
    expect(RelaxationProperty.parse(value).bandGapEv).toBeGreaterThan(1);
  });
});

describe('a calculation with a failure that nobody knows', () => {
  test('is tried once more as it is, then stops with the words of both', async ({ expect }) => {
    const script = join(folder.path, 'broken.sh');
    write(script, '#!/bin/sh\necho "ERROR: $(wc -l < ../../tries) of a kind"; echo >> ../../tries\n');
    chmodSync(script, 0o755);
    const work = join(folder.path, 'b2', 'b2', 'b2'.padEnd(24, '0'));
    write(join(work, 'tries'), '');
    const { told, ended } = await run('b2', elastic, [script]);
    expect(told.map(({ kind }) => kind)).toEqual(['incomplete', 'ended']);
    expect(ended?.outcome).toMatchObject({ kind: 'failed', reason: 'code-error' });
    const evidence = ended?.outcome?.kind === 'failed' ? ended.outcome.evidence.split('\n').slice(0, 2) : [];
    expect(evidence).toEqual([
      expect.stringMatching(/^strain\/e1\/\+0.005: error: ERROR: 3 of a kind/) as string,
      'before: error: ERROR: 0 of a kind; then: run it once more as it is',
    ]);
  });
});

describe.skipIf(!pw.usable)('a calculation by pw.x', () => {
  test('runs in its wrapper, as a job does', async ({ expect }) => {
    const relaxation: CalculationInputs = {
      kind: 'relaxation',
      protocolVersion: 1,
      calculator: { name: 'quantum-espresso', fingerprint: 'f' },
      prototype: 'A1',
      structure,
    };
    // Few k-points and a low cutoff: what is tested is the way, not the number.
    const settings = {
      name: 'quantum-espresso',
      functional: 'LDA',
      cutoffRy: { wavefunctions: 16 },
      kPointsPerAtom: 300,
      smearingRy: 0.07,
    };
    const { ended, value } = await run('b5', relaxation, pw.command, '', settings);
    expect(ended?.outcome).toEqual({ kind: 'completed' });
    expect(ended?.provenance['code']).toMatch(/^Quantum ESPRESSO \d/);
    expect(RelaxationProperty.parse(value).a).toBeCloseTo(3.95, 1);
  });
});

describe('a calculation that its computer cannot do', () => {
  test('for want of a folder of pseudopotentials is refused before anything is submitted', async ({ expect }) => {
    const refused = run('b3', elastic, standIn, '');
    await expect(refused).rejects.toThrow(InvalidInput);
    await expect(refused).rejects.toThrow(/does not say where the pseudopotentials of vasp are/);
  });

  test('for want of a POTCAR fails with its name', async ({ expect }) => {
    const { ended } = await run('b4', elastic, standIn, dirname(potcars));
    expect(ended?.outcome).toMatchObject({ kind: 'failed', evidence: expect.stringContaining('potcar-missing') as string });
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
