import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { probeLammps } from '../../connectors/calculator/lammps/engine.js';
import { lammpsCalculator } from '../../connectors/calculator/lammps/lammps.js';
import { Protocol } from '../../domain/campaign.js';
import { elasticPoints, fitElastic } from '../../domain/elastic-strain.js';
import { assembleGamma, gammaPoints } from '../../domain/gamma-surface.js';
import type { PointResult, PointTask } from '../../domain/point.js';
import { buildPrototype, cellParameters, prototypes } from '../../domain/prototype.js';
import { defaultGrid, slipSystem } from '../../domain/slip-system.js';
import type { Bench } from '../contract/lammps-bench.js';

/*
 * Our numbers against LAMMPS scripts written by hand (`data/direct-*.lammps`). The two share the program and the potential file, nothing
 * else: other cells, other relaxations, other strains, and faults scanned along their line instead of read off a Fourier series.
 * 10 s with a native LAMMPS, 63 s with the WebAssembly one while the two cores were shared.
 */

const metals = [
  { element: 'Cu', lattice: 'fcc', guess: 3.6 },
  { element: 'Al', lattice: 'fcc', guess: 4 },
  { element: 'Ni', lattice: 'fcc', guess: 3.5 },
  { element: 'Fe', lattice: 'bcc', guess: 2.9 },
  { element: 'W', lattice: 'bcc', guess: 3.2 },
  { element: 'Mg', lattice: 'hcp', guess: 3.2 },
] as const;
/** `guess`: the lattice parameter in angstrom from which the scripts relax. */
type Metal = (typeof metals)[number];

const lattices = {
  fcc: { prototype: 'A1', system: '{111}<110>' },
  bcc: { prototype: 'A2', system: '{110}<111>' },
  hcp: { prototype: 'A3', system: 'basal' },
} as const;

type Values = Record<string, number>;

/** 1 % for lattice and elastic constants; 2 % or 1 mJ/m2, whichever is more, for the energies of faults. */
function tolerance(name: string, value: number): number {
  return name.startsWith('gamma') ? Math.max(0.02 * Math.abs(value), 1) : 0.01 * Math.abs(value);
}

const engines = await probeLammps();
const engine = engines.find(({ usable }) => usable);
if (engine === undefined)
  console.warn(`skipping direct LAMMPS runs: ${engines.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`);
const calculator = await lammpsCalculator({ potential: 'zhou2004' });

describe.skipIf(engine === undefined)('the pipeline and LAMMPS scripts written by hand', () => {
  let bench: Bench;
  const report: Record<string, object> = {};

  beforeAll(async () => {
    // Not a static import: the module itself needs a LAMMPS.
    const { Bench } = await import('../contract/lammps-bench.js');
    bench = await Bench.open();
  });

  afterAll(async () => {
    await bench.close();
    const path = process.env['PEIERLS_REPORT'] ?? '';
    if (path !== '') await writeFile(path, `${JSON.stringify({ engine, metals: report }, undefined, 2)}\n`);
  });

  test.for(metals)('agree on $element', async (metal, { expect }) => {
    const [ours, direct] = await Promise.all([timed(pipeline(bench, metal)), timed(scripts(bench, metal))]);
    report[metal.element] = { ours, direct };
    expect(Object.keys(ours.values)).toEqual(Object.keys(direct.values));
    for (const [name, wanted] of Object.entries(direct.values)) {
      const found = ours.values[name] ?? Number.NaN;
      expect.soft(Math.abs(found - wanted), `${name}: ours ${found}, direct ${wanted}`).toBeLessThan(tolerance(name, wanted));
    }
  });
});

/** Relaxation, elastic tensor and gamma surface as a campaign computes them, with its default settings. */
async function pipeline(bench: Bench, { element, lattice }: Metal): Promise<Values> {
  const { prototype, system } = lattices[lattice];
  const { cellFreedom, crystalSystem } = prototypes[prototype];
  const start = buildPrototype(prototype, { A: { [element]: 1 } });
  const { structure } = await compute(bench, {
    label: 'relax',
    structure: start,
    periodic: [true, true, true],
    relax: 'cell-and-ions',
    cellFreedom,
  });

  const elastic = elasticPoints(structure, crystalSystem, Protocol.shape.elastic.parse(undefined));
  const fit = fitElastic(elastic.plan, await computeAll(bench, elastic.tasks));
  if (fit.kind === 'failed') throw new Error(`${fit.reason}: ${fit.evidence}`);
  const c = (i: number, j: number): number => fit.tensor.gpa[i - 1]?.[j - 1] ?? Number.NaN;

  const slip = slipSystem(prototype, system);
  const gamma = gammaPoints(structure, slip, { grid: defaultGrid(slip, calculator.fidelity) }, calculator.cutoffAngstrom(structure));
  const assembled = assembleGamma(gamma.plan, await computeAll(bench, gamma.tasks));
  if (assembled.kind === 'failed') throw new Error(`${assembled.reason}: ${assembled.evidence}`);
  const { intrinsic, unstable, alongBurgers } = assembled.surface;

  return {
    ...cellParameters(structure, prototype),
    c11: c(1, 1),
    c12: c(1, 2),
    ...(lattice === 'hcp' && { c13: c(1, 3), c33: c(3, 3) }),
    c44: c(4, 4),
    ...(lattice === 'bcc'
      ? { gammaMaximum: alongBurgers.maximumMjPerM2 }
      : { gammaIntrinsic: intrinsic?.mjPerM2 ?? Number.NaN, gammaUnstable: unstable.mjPerM2 }),
  };
}

async function computeAll(bench: Bench, tasks: readonly PointTask[]): Promise<Record<string, PointResult>> {
  const results: Record<string, PointResult> = {};
  for (const task of tasks) results[task.label] = await compute(bench, task);
  return results;
}

function compute(bench: Bench, task: PointTask): Promise<PointResult> {
  if (engine === undefined) throw new Error('these tests are skipped without an engine');
  return bench.compute(engine, task, calculator);
}

/** The crystal first, then the fault of a crystal with the lattice parameters just found. */
async function scripts(bench: Bench, metal: Metal): Promise<Values> {
  const { lattice, guess } = metal;
  const crystal =
    lattice === 'hcp'
      ? await script(bench, metal, 'direct-hcp', { guess, ratio: 1.6 })
      : await script(bench, metal, 'direct-cubic', { lattice, guess });
  const { a = Number.NaN, c } = crystal;
  const scan = Object.values(await script(bench, metal, `direct-${lattice}-fault`, c === undefined ? { a } : { a, c }));
  const highest = Math.max(...scan);
  return {
    ...crystal,
    ...(lattice === 'bcc' ? { gammaMaximum: highest } : { gammaIntrinsic: scan.at(-1) ?? Number.NaN, gammaUnstable: highest }),
  };
}

/** Runs one of the scripts in a folder of its own and reads its answers, `@ c11 169.62`, in their order. */
async function script(
  bench: Bench,
  { element, lattice }: Metal,
  name: string,
  variables: Record<string, string | number>,
): Promise<Values> {
  if (engine === undefined) throw new Error('these tests are skipped without an engine');
  const { finished } = await import('../contract/lammps-bench.js');
  const folder = join(bench.root, `${name}-${element}`);
  await mkdir(folder);
  const [potential = ''] = Object.values(calculator.sharedFiles(buildPrototype(lattices[lattice].prototype, { A: { [element]: 1 } })));
  await writeFile(join(folder, 'direct.eam.alloy'), potential);
  await copyFile(new URL(`data/${name}.lammps`, import.meta.url), join(folder, `${name}.lammps`));
  // The fourth line of a setfl file names its columns: "1 Cu_1".
  const column = potential.split('\n')[3]?.split(' ')[1] ?? '';
  const settings: Record<string, string | number> = { ...variables, column };
  const args = [
    '-in',
    `${name}.lammps`,
    '-log',
    'none',
    ...Object.entries(settings).flatMap(([key, value]) => ['-var', key, String(value)]),
  ];
  const { code, stdout, stderr } = await finished(bench.launch(engine, args, folder));
  if (code !== 0) throw new Error(`${name} for ${element} ended with ${code}\n${stdout.slice(-2000)}\n${stderr}`);
  const answers = [...stdout.matchAll(/^@ (\w+) (\S+)$/gm)].map(([, key = '', value]) => [key, Number(value)] as const);
  return Object.fromEntries(answers);
}

async function timed(values: Promise<Values>): Promise<{ values: Values; seconds: number }> {
  const start = performance.now();
  return { values: await values, seconds: (performance.now() - start) / 1000 };
}
