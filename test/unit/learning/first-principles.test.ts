import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { aseCalculator } from '../../../connectors/calculator/ase/ase.js';
import type { Calculator, TextFiles } from '../../../connectors/calculator/calculator.js';
import { quantumEspressoCalculator } from '../../../connectors/calculator/quantum-espresso/quantum-espresso.js';
import { defaultPredictor } from '../../../connectors/predictor/predictor.js';
import { canonicalSurface } from '../../../domain/learning/canonical-surface.js';
import { recordOfFewFaults } from '../../../domain/learning/few-faults.js';
import { elasticPoints, fitElastic } from '../../../domain/elastic-strain.js';
import { mjPerM2PerEvPerSquareAngstrom } from '../../../domain/gamma-surface.js';
import { libraryProtocol } from '../../../domain/library.js';
import { PointTask, type PointResult } from '../../../domain/point.js';
import { readSlipRecord } from '../../../domain/slip-record.js';
import { firstPrinciplesRows } from '../../bench/first-principles-rows.js';

const pseudopotentials = fileURLToPath(new URL('../data/qe/pseudo', import.meta.url));

const copper = {
  id: 'Cu',
  composition: { Cu: 1 },
  prototype: 'A1',
  character: 'screw',
  a: 3.615,
  elasticGpa: { C11: 168, C12: 121, C44: 76 },
  faults: { unstable: 175, intrinsic: 43 },
} as const;

describe('a record of few faults', () => {
  test('has an fcc surface that meets them, in the frame of all others', ({ expect }) => {
    const { values, symmetry } = canonicalSurface(recordOfFewFaults(copper));
    expect(symmetry).toBe('p3m1');
    expect(values[0]?.[0]).toBeCloseTo(0, 6);
    expect(values[2]?.[2]).toBeCloseTo(175, 6);
    expect(values[4]?.[4]).toBeCloseTo(43, 6);
    expect(Math.max(...values.flat())).toBeCloseTo(4.8 * 175, 0);
    expect(Math.min(...values.flat())).toBeGreaterThan(-1);
  });

  test('has a bcc surface of one wave, gamma = usf/2 (2 - cos 2 pi u - cos 2 pi v)', ({ expect }) => {
    const { faults: _faults, ...rest } = copper;
    const record = recordOfFewFaults({ ...rest, prototype: 'A2', faults: { unstable: 700 } });
    const cosine = (step: number): number => Math.cos((2 * Math.PI * step) / 12);
    for (const [i, row] of record.gamma.mj_per_m2.entries())
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(350 * (2 - cosine(i) - cosine(j)), 6);
  });

  test('is refused where a fault is missing or has no place', ({ expect }) => {
    expect(() => recordOfFewFaults({ ...copper, faults: { unstable: 175 } })).toThrow('Cu: {111}<110> needs its intrinsic fault energy');
    expect(() => recordOfFewFaults({ ...copper, prototype: 'A2' })).toThrow('Cu: {110}<111> has no intrinsic fault energy');
  });
});

describe('first-principles inputs', () => {
  const { sources, rows } = firstPrinciplesRows();

  test('name a source for every number, and no source is idle', ({ expect }) => {
    const named = rows.flatMap(({ metal: { a, elasticGpa, unstable, intrinsic, published } }) => [
      a[1],
      elasticGpa[1],
      unstable[1],
      ...(intrinsic === undefined ? [] : [intrinsic[1]]),
      ...published.map(([, , source]) => source),
    ]);
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(sources).toSorted());
  });

  test('quote the recorded runs', async ({ expect }) => {
    const metal = (id: string) => rows.find((row) => row.metal.id === id)?.metal;
    const qe = (settings: Record<string, unknown>) => quantumEspressoCalculator({ pseudopotentials, ...settings });
    const aluminium = (kPointsPerAtom: number) =>
      qe({ functional: 'LDA', cutoffRy: { wavefunctions: 20 }, smearingRy: 0.07, kPointsPerAtom });
    const { name: _name, ...gpaw } = (recorded('gpaw/al-20') as { calculator: Record<string, unknown> }).calculator;
    for (const [id, set, calculator] of [
      ['Al, QE', 'qe/run/al-20', await aluminium(8000)],
      ['Cu, QE', 'qe/run/cu-20', await qe({ functional: 'PBE', smearingRy: 0.02, kPointsPerAtom: 8000 })],
      ['Al, GPAW', 'gpaw/al-20', await aseCalculator(gpaw)],
    ] as const) {
      const { structure } = read(calculator, set, 'relax');
      const { tasks, plan } = elasticPoints(structure, 'cubic', { method: 'stress', amplitudes: [0.01] });
      const fit = fitElastic(plan, Object.fromEntries(tasks.map((task) => [task.label, read(calculator, set, task.label, task)])));
      if (fit.kind === 'failed') throw new Error(fit.evidence);
      expect(Math.abs((metal(id)?.a[0] ?? 0) - structure.lattice[0][0])).toBeLessThan(5e-4);
      for (const [name, value] of Object.entries(metal(id)?.elasticGpa[0] ?? {}))
        expect(Math.abs(value - (fit.constants[name] ?? Number.NaN))).toBeLessThan(0.06);
    }
    const calculator = await aluminium(5832);
    const [perfect, unstable, intrinsic] = ['gamma/00-00', 'gamma/01-01', 'gamma/02-02'].map((label) =>
      read(calculator, 'qe/run/al-gamma-18', label),
    );
    const [[a], [, height]] = perfect?.structure.lattice ?? [[0], [0, 0]];
    const energy = (point: PointResult | undefined): number =>
      (((point?.energyEv ?? Number.NaN) - (perfect?.energyEv ?? Number.NaN)) / ((a ?? 0) * (height ?? 0))) * mjPerM2PerEvPerSquareAngstrom;
    expect(energy(unstable)).toBeCloseTo(metal('Al, QE')?.unstable[0][0] ?? 0, 1);
    expect(energy(intrinsic)).toBeCloseTo(metal('Al, QE')?.intrinsic?.[0][0] ?? 0, 1);
  });

  test(
    'are answered with finite intervals, which hold what first principles say of the Peierls stress',
    { timeout: 60_000 },
    ({ expect }) => {
      const predictor = defaultPredictor();
      const verdicts = rows.flatMap(({ metal, record }) => {
        expect(readSlipRecord(record).kind).toBe('read');
        const { interval90, predictor: speaker } = predictor.predict(record, libraryProtocol);
        expect(speaker).toBe('ensemble');
        expect(interval90.every(Number.isFinite)).toBe(true);
        return metal.published.map(([kind, [from, to]]) => ({
          key: `${record.lattice} ${kind}`,
          inside: interval90[0] <= to && from <= interval90[1],
        }));
      });
      const share = (key: string): [number, number] => {
        const all = verdicts.filter((it) => it.key === key);
        return [all.filter(({ inside }) => inside).length, all.length];
      };
      // As measured when this was written: 8 of 8, 2 of 2, 6 of 6 and 2 of 6. Flow stresses of bcc metals extrapolated to 0 K are known to be two to three
      // times lower than any computed Peierls stress, and the predictor has learned computed ones.
      const [held, all] = share('bcc first principles');
      expect(all).toBe(8);
      expect(held).toBeGreaterThanOrEqual(7);
      expect(share('fcc first principles')[1]).toBe(2);
      expect(share('fcc experiment')[1]).toBe(6);
      expect(share('bcc experiment')[1]).toBe(6);
    },
  );
});

function recorded(set: string): unknown {
  return JSON.parse(readFileSync(new URL(`../data/${set}.json`, import.meta.url), 'utf8'));
}

function read(calculator: Calculator, set: string, label: string, task?: PointTask): PointResult {
  const { points } = recorded(set) as { points: { label: string; task: unknown; outputs: TextFiles }[] };
  const point = points.find((one) => one.label === label);
  const outcome = calculator.readPoint(task ?? PointTask.parse(point?.task), point?.outputs ?? {});
  if (outcome.kind === 'failed') throw new Error(`${label}: ${outcome.evidence}`);
  return outcome.result;
}
