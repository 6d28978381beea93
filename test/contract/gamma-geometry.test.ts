import { describe, test } from 'vitest';
import { chooseLammps } from '../../connectors/calculator/lammps/engine.js';
import { assembleGamma, gammaPoints, type GammaSettings } from '../../domain/gamma-surface.js';
import type { PointResult } from '../../domain/point.js';
import { slipSystem } from '../../domain/slip-system.js';
import type { Structure } from '../../domain/structure.js';
import { openedBench } from '../opened-bench.js';
import { Bench, crystal, point, zhou } from './lammps-bench.js';

const bench = openedBench(() => Bench.open());
const engine = await chooseLammps();
const system = slipSystem('A1', '{111}<110>');

async function surface(structure: Structure, settings: GammaSettings) {
  const { tasks, plan } = gammaPoints(structure, system, { grid: [6, 6], ...settings }, zhou.cutoffAngstrom(structure));
  const results: Record<string, PointResult> = {};
  for (const task of tasks) results[task.label] = await bench().compute(engine, task);
  const assembled = assembleGamma(plan, results);
  if (assembled.kind === 'failed') throw new Error(assembled.evidence);
  const { mjPerM2, arrangements } = assembled.surface;
  return { points: tasks.length, unstable: mjPerM2[1]?.[1] ?? NaN, intrinsic: mjPerM2[2]?.[2] ?? NaN, arrangements };
}

describe('fault energies of Cu', () => {
  test('from a vacuum slab and from a tilted cell, opened as its stresses say, agree within 1 mJ/m2', async ({ expect }) => {
    const { structure } = await bench().compute(
      engine,
      point(crystal('A1', { A: { Cu: 1 } }, 3.615), 'cell-and-ions', { cellFreedom: 'isotropic' }),
    );
    const slab = await surface(structure, { geometry: 'slab' });
    const tilted = await surface(structure, { geometry: 'tilted', stretchAngstrom: 0.05 });
    const closed = await surface(structure, { geometry: 'tilted' });
    expect([slab.points, tilted.points]).toEqual([10, 11]);
    expect(Math.abs(tilted.unstable - slab.unstable)).toBeLessThan(1);
    expect(Math.abs(tilted.intrinsic - slab.intrinsic)).toBeLessThan(1);
    // What it is for: at fixed height the unstable fault is 11 % too high.
    expect(closed.unstable / slab.unstable).toBeGreaterThan(1.08);
  });
});

test('fault energies of quasirandom Cu0.5Ni0.5 are, over three arrangements, those of average atoms within three standard errors', async ({
  expect,
}) => {
  const { structure } = await bench().compute(
    engine,
    point(crystal('A1', { A: { Cu: 0.5, Ni: 0.5 } }, 3.57), 'cell-and-ions', { cellFreedom: 'isotropic' }),
  );
  const average = await surface(structure, { geometry: 'slab' });
  const random = await surface(structure, { geometry: 'slab', quasirandom: { periods: 2, seed: 1, arrangements: 3 } });
  expect([average.points, random.points]).toEqual([10, 30]);
  const { count = 0, unstableErrorMjPerM2 = NaN, intrinsicErrorMjPerM2 = NaN } = random.arrangements ?? {};
  expect(count).toBe(3);
  expect(Math.abs(random.unstable - average.unstable)).toBeLessThan(3 * unstableErrorMjPerM2);
  expect(Math.abs(random.intrinsic - average.intrinsic)).toBeLessThan(3 * intrinsicErrorMjPerM2);
  // Scatter of single arrangements: 5 to 20 %.
  expect(unstableErrorMjPerM2 / random.unstable).toBeGreaterThan(0.001);
  expect(unstableErrorMjPerM2 / random.unstable).toBeLessThan(0.15);
});
