import { describe, test } from 'vitest';
import {
  assembleGamma,
  gammaPoints,
  GammaPlan,
  GammaSurface,
  mjPerM2PerEvPerSquareAngstrom,
  type AssembledGamma,
  type GammaSettings,
} from '../../domain/gamma-surface.js';
import { PointTask, type PointResult } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import { slipSystem } from '../../domain/slip-system.js';
import zhou from './data/gamma-zhou-eam.json' with { type: 'json' };

const copper = buildPrototype('A1', { A: { Cu: 1 } }, { a: 3.61496 });
const iron = buildPrototype('A2', { A: { Fe: 1 } }, { a: 2.86595 });
const octahedral = slipSystem('A1', '{111}<110>');
const cutoffAngstrom = 6.2;

describe('points of a gamma surface', () => {
  test('are the reference and one for each class of equal displacements, relaxed along the normal only', ({ expect }) => {
    const { tasks } = gammaPoints(copper, octahedral, {}, cutoffAngstrom);
    expect(tasks).toHaveLength(10);
    expect(tasks[0]?.label).toBe('gamma/00-00');
    expect(tasks.map(({ label }) => label)).toContain('gamma/02-02');
    expect(tasks.every((task) => task.relax === 'ions-along-z' && PointTask.safeParse(task).success)).toBe(true);
    expect(tasks[0]?.periodic).toEqual([true, true, false]);
  });

  test('make each half thicker than the cut-off and one more layer', ({ expect }) => {
    // n >= 2 ceil(rc/d) + 2 layers: d = 2.087, rc = 6.2.
    expect(gammaPoints(copper, octahedral, {}, cutoffAngstrom).plan.atoms).toBe(8);
    expect(gammaPoints(copper, octahedral, { halfThicknessAngstrom: 12 }, cutoffAngstrom).plan.atoms).toBe(12);
    expect(gammaPoints(copper, octahedral, {}).plan.atoms).toBe(12);
  });

  test('use fewer atoms and full periodicity in the tilted geometry', ({ expect }) => {
    const { tasks, plan } = gammaPoints(copper, octahedral, { geometry: 'tilted', halfThicknessAngstrom: 6 });
    expect(plan.atoms).toBe(6);
    expect(tasks[0]?.periodic).toEqual([true, true, true]);
  });

  test('come with a plan that survives JSON', ({ expect }) => {
    const { plan } = gammaPoints(iron, slipSystem('A2', '{110}<111>'), { grid: [10, 10] }, cutoffAngstrom);
    expect(GammaPlan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test('refuse settings they do not know', ({ expect }) => {
    expect(() => gammaPoints(copper, octahedral, { grid: [1, 6] })).toThrow();
    expect(() => gammaPoints(copper, octahedral, { openingsAngstrom: [0, 0.1] })).toThrow(/three or more/);
  });
});

describe('an assembled gamma surface', () => {
  test('of copper has the intrinsic fault energy, the full grid and its symmetry', ({ expect }) => {
    const surface = completed(assembled('Cu'));
    expect(GammaSurface.parse(JSON.parse(JSON.stringify(surface)))).toEqual(surface);
    expect(surface.points).toEqual([7, 7]);
    // Every point of the source's own 36, although only 10 were used; the source is symmetric to 0.05 mJ/m2.
    expect(surface.mjPerM2.slice(0, 6).map((row) => row.slice(0, 6))).toEqual(
      grid('Cu').map((row) => row.map((value) => expect.closeTo(value, 0))),
    );
    expect(surface.mjPerM2[6]).toEqual(surface.mjPerM2[0]);
    expect(surface.mjPerM2[0]?.[0]).toBe(0);
    // 22.56 mJ/m2 in the source.
    expect(surface.intrinsic).toEqual({
      name: 'ISF',
      at: [expect.closeTo(1 / 3, 6), expect.closeTo(1 / 3, 6)],
      mjPerM2: expect.closeTo(22.56, 2),
    });
    expect(surface.specialPoints.find(({ name }) => name === 'AA')?.mjPerM2).toBeCloseTo(561.2, 1);
    expect(surface.warnings).toEqual([]);
  });

  test('of copper has its unstable fault on the way to the intrinsic one, below the straight way along b', ({ expect }) => {
    const { unstable, alongBurgers, alongPartial, burgersAngstrom } = completed(assembled('Cu'));
    const [u, v] = unstable.at;
    expect(u).toBeCloseTo(v, 6);
    expect(u).toBeGreaterThan(0.14);
    expect(u).toBeLessThan(0.25);
    expect(unstable.mjPerM2).toBeCloseTo(alongPartial?.maximumMjPerM2 ?? 0, 1);
    expect(unstable.mjPerM2).toBeLessThan(alongBurgers.maximumMjPerM2);
    expect(burgersAngstrom).toBeCloseTo(2.5562, 3);
    // A sine of that height over the partial's length has the slope pi gamma / b_p: the same within 40 %.
    const sine = (Math.PI * unstable.mjPerM2 * 0.01) / (burgersAngstrom / Math.sqrt(3));
    expect(Math.abs((alongPartial?.maximumSlopeGpa ?? 0) / sine - 1)).toBeLessThan(0.4);
  });

  test('of bcc iron has its unstable fault at b/2 and no intrinsic one', ({ expect }) => {
    const surface = completed(assembled('Fe'));
    expect(surface.intrinsic).toBeUndefined();
    expect(surface.unstable.at).toEqual([expect.closeTo(0.5, 6), expect.closeTo(0, 6)]);
    expect(surface.unstable.mjPerM2).toBeCloseTo(grid('Fe')[3]?.[0] ?? Number.NaN, 1);
    expect(surface.mjPerM2.slice(0, 6).map((row) => row.slice(0, 6))).toEqual(
      grid('Fe').map((row) => row.map((value) => expect.closeTo(value, 0))),
    );
    expect(surface.warnings).toEqual([]);
  });

  test('is refused while a point is missing, and says which', ({ expect }) => {
    const { plan, results } = resultsFor('Cu');
    const { 'gamma/02-02': _lost, ...others } = results;
    expect(assembleGamma(plan, others)).toEqual({ kind: 'failed', reason: 'missing-point', evidence: 'no result for gamma/02-02' });
  });

  test('is refused when an energy is no number', ({ expect }) => {
    expect(changed('gamma/01-01', { energyEv: Number.NaN })).toMatchObject({ kind: 'failed', reason: 'not-a-number' });
  });

  test('is refused when a result belongs to another cell', ({ expect }) => {
    expect(changed('gamma/01-01', { structure: copper })).toMatchObject({ kind: 'failed', reason: 'cell-changed' });
  });

  test('is refused when a displacement away from every named fault lowers the energy', ({ expect }) => {
    expect(changed('gamma/00-03', { energyEv: -101 })).toMatchObject({ kind: 'failed', reason: 'negative-energy' });
  });

  test('is kept with a typed warning when the stacking fault itself is negative', ({ expect }) => {
    const surface = completed(changed('gamma/02-02', { energyEv: -100.02 }));
    expect(surface.warnings.map(({ kind }) => kind)).toEqual(['negative-fault-energy']);
    expect(surface.intrinsic?.mjPerM2).toBeLessThan(-10);
  });

  test('warns when the expected intrinsic fault is no minimum', ({ expect }) => {
    const surface = completed(changed('gamma/02-02', { energyEv: -98.5 }));
    expect(surface.warnings.map(({ kind }) => kind)).toEqual(['no-intrinsic-fault']);
    expect(surface.alongPartial).toBeUndefined();
  });

  test('is refused when atoms overlap', ({ expect }) => {
    expect(changed('gamma/04-04', { energyEv: 1e3 })).toMatchObject({ kind: 'failed', reason: 'unphysical-energy' });
  });

  test('of a tilted cell takes each energy at the best of several openings', ({ expect }) => {
    const openings = [0, 0.1, 0.3];
    const { plan, tasks } = gammaPoints(copper, octahedral, { geometry: 'tilted', openingsAngstrom: openings });
    expect(tasks).toHaveLength(30);
    // E = 2 (z - best)^2 + floor with best 0 for the reference and 0.2 for the faults.
    const energy = (label: string, opening: number) =>
      label.startsWith('gamma/00-00') ? 2 * opening ** 2 : 0.05 + 2 * (opening - 0.2) ** 2;
    const results = tasks.map(({ label, structure }, index) => [label, result(energy(label, openings[index % 3] ?? 0), structure)]);
    const surface = completed(assembleGamma(plan, Object.fromEntries(results)));
    expect(surface.mjPerM2[1]?.[1]).toBeCloseTo((0.05 / plan.areaSquareAngstrom) * mjPerM2PerEvPerSquareAngstrom, 6);
  });

  test('of a tilted cell takes from each energy what its normal stress would gain', ({ expect }) => {
    const { plan, tasks } = gammaPoints(copper, octahedral, { geometry: 'tilted', stretchAngstrom: 0.05 });
    expect(tasks.map(({ label }) => label).slice(-1)).toEqual(['gamma/00-00/stretched']);
    // A cell of 1 eV/angstrom^2 against its height; every fault wants to be 0.2 angstrom higher: 0.02 eV.
    const gpa = 160.2176634 / plan.areaSquareAngstrom;
    const pull = (label: string) => (label === 'gamma/00-00' ? 0 : label.endsWith('stretched') ? 0.05 : -0.2) * gpa;
    const results = tasks.map(({ label, structure }) => [
      label,
      { ...result(label.startsWith('gamma/00-00') ? 0 : 0.07, structure), stressGpa: [0, 0, pull(label), 0, 0, 0] },
    ]);
    const surface = completed(assembleGamma(plan, Object.fromEntries(results)));
    expect(surface.mjPerM2[1]?.[1]).toBeCloseTo((0.05 / plan.areaSquareAngstrom) * mjPerM2PerEvPerSquareAngstrom, 6);
    const silent = results.map(([label, one]) => [label, label === 'gamma/01-01' ? { ...(one as object), stressGpa: undefined } : one]);
    expect(assembleGamma(plan, Object.fromEntries(silent))).toMatchObject({
      reason: 'no-stress',
      evidence: expect.stringContaining('gamma/01-01') as string,
    });
  });

  test('of a tilted cell is refused when the openings do not reach the best one', ({ expect }) => {
    const { plan, tasks } = gammaPoints(copper, octahedral, { geometry: 'tilted', openingsAngstrom: [0, 0.1, 0.2] });
    const results = tasks.map(({ label, structure }, index) => [label, result(((index % 3) * 0.1 - 0.5) ** 2, structure)]);
    expect(assembleGamma(plan, Object.fromEntries(results))).toMatchObject({ kind: 'failed', reason: 'opening-not-bracketed' });
  });
});

function grid(element: string): number[][] {
  return zhou.records.find((record) => record.element === element)?.mjPerM2 ?? [];
}

function result(energyEv: number, structure: PointResult['structure']): PointResult {
  return { energyEv, structure, maxForceEvPerAngstrom: 1e-4 };
}

/** The results that runs would have returned for the source's surface, with a perfect crystal of -100 eV. */
function resultsFor(element: 'Cu' | 'Fe', settings: GammaSettings = {}) {
  const { tasks, plan } =
    element === 'Cu'
      ? gammaPoints(copper, octahedral, settings, cutoffAngstrom)
      : gammaPoints(iron, slipSystem('A2', '{110}<111>'), settings, cutoffAngstrom);
  const results = tasks.map(({ label, structure }): [string, PointResult] => {
    const [i = 0, j = 0] = label.slice('gamma/'.length).split('-').map(Number);
    const mjPerM2 = grid(element)[i]?.[j] ?? Number.NaN;
    return [label, result(-100 + (mjPerM2 * plan.areaSquareAngstrom) / mjPerM2PerEvPerSquareAngstrom, structure)];
  });
  return { plan, results: Object.fromEntries(results) };
}

function assembled(element: 'Cu' | 'Fe'): AssembledGamma {
  const { plan, results } = resultsFor(element);
  return assembleGamma(plan, results);
}

function changed(label: string, change: Partial<PointResult>): AssembledGamma {
  const { plan, results } = resultsFor('Cu');
  const point = results[label];
  if (point === undefined) throw new Error(`no point ${label}`);
  return assembleGamma(plan, { ...results, [label]: { ...point, ...change } });
}

function completed(outcome: AssembledGamma): GammaSurface {
  if (outcome.kind === 'failed') throw new Error(`${outcome.reason}: ${outcome.evidence}`);
  return outcome.surface;
}
