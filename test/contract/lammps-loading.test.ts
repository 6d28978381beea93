import { describe, test } from 'vitest';
import { probeLammps, type LammpsEngine } from '../../connectors/calculator/lammps/engine.js';
import { concludePeierls, peierlsPoints } from '../../domain/peierls-stress.js';
import { slipSystem } from '../../domain/slip-system.js';
import { openedBench } from '../opened-bench.js';
import { Bench, crystal, wasm } from './lammps-bench.js';

const native = (await probeLammps({ PATH: process.env['PATH'] })).find(({ name }) => name === 'native');
if (native?.usable !== true) console.warn(`skipping native LAMMPS: ${native?.reason}`);
const engines = [native, wasm].filter((engine): engine is LammpsEngine => engine?.usable === true);

const bench = openedBench(() => Bench.open());

const cubic = (c11: number, c12: number, c44: number): number[][] =>
  [0, 1, 2, 3, 4, 5].map((i) => [0, 1, 2, 3, 4, 5].map((j) => (i === j ? (i < 3 ? c11 : c44) : i < 3 && j < 3 ? c12 : 0)));

/** Lattice and elastic constants of the Zhou potential as relaxed by us (`lammps.test.ts`). */
const metals = {
  Ni: { prototype: 'A1', a: 3.51978, c: cubic(247.1, 147.7, 124.8), system: '{111}<110>' },
  Fe: { prototype: 'A2', a: 2.86595, c: cubic(229.7, 135.5, 116.8), system: '{110}<111>' },
} as const;

async function stress(engine: LammpsEngine, metal: keyof typeof metals, glideLength: number) {
  const { prototype, a, c, system } = metals[metal];
  const structure = crystal(prototype, { A: { [metal]: 1 } }, a);
  const { tasks, plan } = peierlsPoints(structure, slipSystem(prototype, system), 'screw', c, [
    { layers: 20, glideLength, rigidLayers: 4 },
  ]);
  const results = Object.fromEntries(
    await Promise.all(tasks.map(async (task) => [task.label, await bench().compute(engine, task)] as const)),
  );
  return { conclusion: concludePeierls(plan, results), trace: results[tasks[0]?.label ?? '']?.trace };
}

describe.for(engines.map((engine) => [engine.name, engine] as const))('a loaded screw with %s LAMMPS', ([, engine]) => {
  test('of fcc Ni traces the barrier smoothly and comes back to where it was', async ({ expect }) => {
    const { conclusion, trace } = await stress(engine, 'Ni', 20);
    if (conclusion?.kind !== 'calculated') throw new Error(conclusion?.evidence);
    expect(conclusion.readings[0]?.regime).toBe('smooth');
    // 0.79 MPa with this cell (docs/physics-peierls-stress.md); both senses see the same barrier.
    expect(conclusion.peierlsMpa).toBeGreaterThan(0.6);
    expect(conclusion.peierlsMpa).toBeLessThan(1);
    const [reading] = conclusion.readings;
    expect(Math.abs((reading?.forwardMpa ?? 0) - (reading?.backwardMpa ?? 9))).toBeLessThan(0.05);
    const [first, last] = [trace?.increments[1], trace?.increments[7]];
    expect(Math.abs((first?.stressMpa ?? 0) - (last?.stressMpa ?? 9))).toBeLessThan(0.05);
  });

  test('of bcc Fe holds more than a gigapascal before it tears loose', async ({ expect }) => {
    const { conclusion } = await stress(engine, 'Fe', 20);
    if (conclusion?.kind !== 'calculated') throw new Error(conclusion?.evidence);
    // 1170 and 1262 MPa were found with other cells of this potential (protocols section 4, virtual-metals-check).
    expect(conclusion.peierlsMpa).toBeGreaterThan(1000);
    expect(conclusion.peierlsMpa).toBeLessThan(1400);
    expect(conclusion.readings[0]?.regime).toBe('jump');
  });
});
