import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { aseCalculator } from '../../connectors/calculator/ase/ase.js';
import type { TextFiles } from '../../connectors/calculator/calculator.js';
import { elasticPoints, fitElastic } from '../../domain/elastic-strain.js';
import { PointTask, type PointResult } from '../../domain/point.js';
import { cellParameters, prototypes, type PrototypeName } from '../../domain/prototype.js';

interface Recorded {
  calculator: Record<string, unknown> & { name: string };
  points: { label: string; task: unknown; input: string; outputs: TextFiles }[];
}

/** Crystal and constants of a recorded set, by the protocol that wrote it, and whether its inputs are those of today. */
async function recorded(file: string, prototype: PrototypeName) {
  const set = JSON.parse(readFileSync(new URL(`data/gpaw/${file}.json`, import.meta.url), 'utf8')) as Recorded;
  const { name: _name, ...settings } = set.calculator;
  const calculator = await aseCalculator(settings);
  const read = (label: string, task?: PointTask): PointResult => {
    const point = set.points.find((one) => one.label === label);
    const outcome = calculator.readPoint(task ?? PointTask.parse(point?.task), point?.outputs ?? {});
    if (outcome.kind === 'failed') throw new Error(`${label}: ${outcome.evidence}`);
    return outcome.result;
  };
  const relaxed = read('relax');
  const { tasks, plan } = elasticPoints(relaxed.structure, prototypes[prototype].crystalSystem, { method: 'stress', amplitudes: [0.01] });
  const fit = fitElastic(plan, Object.fromEntries(tasks.map((task) => [task.label, read(task.label, task)])), relaxed.energyEv);
  if (fit.kind === 'failed') throw new Error(fit.evidence);
  const changed = tasks.filter(
    (task) => calculator.writePoint(task).files['task.json'] !== set.points.find(({ label }) => label === task.label)?.input,
  );
  return { ...cellParameters(relaxed.structure, prototype), ...fit, changed: changed.map(({ label }) => label), relaxed, read };
}

const relative = (value: number | undefined, reference: number) => Math.abs((value ?? Number.NaN) / reference - 1);

describe('recorded runs of GPAW', () => {
  test('Al (PBE) has the lattice constant of experiment within 0.5 %, C11 and C12 within 5 % and C44 within 15 %', async ({ expect }) => {
    const { a, constants, report, changed } = await recorded('al-20', 'A1');
    expect(changed).toEqual([]);
    expect(report.passed).toBe(true);
    // Room temperature 4.0496 angstrom; 0 K: Kamm and Alers, J. Appl. Phys. 35, 327 (1964).
    expect(relative(a, 4.0496)).toBeLessThan(0.005);
    expect(relative(constants['C11'], 114.3)).toBeLessThan(0.05);
    expect(relative(constants['C12'], 61.9)).toBeLessThan(0.05);
    expect(relative(constants['C44'], 31.6)).toBeLessThan(0.15);
  });

  test.for(['mg-12', 'mg-14'])(
    'Mg (PBE, %s) has the five constants of experiment within 7 %%, and C66 within 1 %% of half of C11 - C12',
    async (file, { expect }) => {
      const { a, c, constants, report, changed, relaxed, read } = await recorded(file, 'A3');
      expect(changed).toEqual([]);
      expect(report.gates.filter(({ passed }) => !passed)).toEqual([]);
      // 3.2094 and 5.2107 angstrom at room temperature (CRC); low temperature: Simmons and Wang (1971).
      expect(relative(a, 3.2094)).toBeLessThan(0.01);
      expect(relative(c, 5.2107)).toBeLessThan(0.01);
      const experiment = { C11: 63.3, C12: 26.3, C13: 21.7, C33: 65.6, C44: 18.1 };
      for (const [name, value] of Object.entries(experiment)) expect(relative(constants[name], value)).toBeLessThan(0.07);
      const { tasks } = elasticPoints(relaxed.structure, 'orthorhombic', { method: 'stress', amplitudes: [0.01] });
      const [shear = NaN] = tasks
        .filter(({ label }) => label.startsWith('strain/e6/'))
        .map((task) => read(task.label, task).stressGpa?.[5] ?? NaN);
      expect(relative(shear / 0.01, ((constants['C11'] ?? NaN) - (constants['C12'] ?? NaN)) / 2)).toBeLessThan(0.01);
    },
  );

  test('Mg is converged in k-points: 14 x 14 x 8 and 12 x 12 x 7 agree within 6.5 %, and 0.2 % in the lattice constants', async ({
    expect,
  }) => {
    const [coarse, fine] = [await recorded('mg-12', 'A3'), await recorded('mg-14', 'A3')];
    expect(fine.changed).toEqual([]);
    expect([relative(coarse.a, fine.a), relative(coarse.c, fine.c ?? NaN)].every((difference) => difference < 0.002)).toBe(true);
    for (const name of ['C11', 'C12', 'C13', 'C33', 'C44'])
      expect(relative(coarse.constants[name], fine.constants[name] ?? NaN)).toBeLessThan(0.066);
  });

  test('Mg with too few plane waves is refused, since its energies say another stress', async ({ expect }) => {
    const { report } = await recorded('mg-few-plane-waves', 'A3');
    expect(report.passed).toBe(false);
    expect(report.gates.filter(({ passed }) => !passed).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the energies of opposite strains say -1\.8\d GPa for the unstrained crystal; raise the cutoff$/) as string,
    ]);
  });
});
