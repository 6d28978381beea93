import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CalculatorPool } from '../../connectors/calculator/open.js';
import { elasticPoints, fitElastic } from '../../domain/elastic-strain.js';
import { ElementSymbol } from '../../domain/element.js';
import { gammaPoints, mjPerM2PerEvPerSquareAngstrom } from '../../domain/gamma-surface.js';
import type { PointResult, PointTask } from '../../domain/point.js';
import { buildPrototype } from '../../domain/prototype.js';
import { faultSlab } from '../../domain/slip-cell.js';
import { slipSystem } from '../../domain/slip-system.js';

/**
 * Core seconds of an fcc metal by our points and by those of the usual recipe (six strains in two sizes with both signs, every point of the grid),
 * each point a process of its own, one after the other. Native LAMMPS, Zhou's potential.
 *
 *   npx tsx test/bench/point-count.ts Al
 *
 * Cu, 29 November 2026, a machine with ten busy processes on two cores: see docs/first-principles.md, "How many points".
 */
const [element = 'Cu'] = parseArgs({ allowPositionals: true }).positionals;
const grid = 6;
const calculator = await new CalculatorPool().get({ name: 'lammps', potential: 'zhou2004' });
const system = slipSystem('A1', '{111}<110>');

interface Spent {
  results: Record<string, PointResult>;
  cpuSeconds: number;
}

const start = buildPrototype('A1', { A: { [ElementSymbol.parse(element)]: 1 } });
const relaxation: PointTask = {
  label: 'relax',
  structure: start,
  periodic: [true, true, true],
  relax: 'cell-and-ions',
  cellFreedom: 'isotropic',
};
const relaxed = run([relaxation]);
const { structure } = relaxed.results['relax'] ?? {};
if (structure === undefined) throw new Error('the relaxation has no result');
const cutoff = calculator.cutoffAngstrom(structure) ?? 0;

const ours = elasticPoints(structure, 'cubic', { method: 'stress', amplitudes: [0.005] });
const usual = elasticPoints(structure, 'triclinic', { method: 'stress', amplitudes: [0.005, 0.01] });
const ourGamma = gammaPoints(structure, system, { grid: [grid, grid] }, cutoff);
const perfect = ourGamma.tasks[0];
if (perfect === undefined) throw new Error('a gamma surface has points');
const minHalfThicknessAngstrom = cutoff + start.lattice[0][0] / Math.sqrt(3);
const usualGamma = Array.from({ length: grid + 1 }, (_, i) =>
  Array.from({ length: grid + 1 }, (__, j): PointTask => ({
    ...perfect,
    label: `gamma/${i}-${j}`,
    structure: faultSlab(structure, system, { displacement: [i / grid, j / grid], minHalfThicknessAngstrom, vacuumAngstrom: 12 }),
  })),
).flat();

report('ours', run(ours.tasks), run(ourGamma.tasks), ours.plan, ['gamma/00-00', 'gamma/01-01', 'gamma/02-02']);
report('usual', run(usual.tasks), run(usualGamma), usual.plan, ['gamma/0-0', 'gamma/1-1', 'gamma/2-2']);

function report(name: string, strains: Spent, faults: Spent, plan: typeof ours.plan, labels: [string, string, string]): void {
  const fit = fitElastic(plan, strains.results);
  if (fit.kind === 'failed') throw new Error(fit.evidence);
  const { gpa } = fit.tensor;
  const [reference = Number.NaN, unstable = Number.NaN, intrinsic = Number.NaN] = labels.map((label) => faults.results[label]?.energyEv);
  const perArea = (energy: number) =>
    (((energy - reference) / ourGamma.plan.areaSquareAngstrom) * mjPerM2PerEvPerSquareAngstrom).toFixed(2);
  const points = 1 + Object.keys(strains.results).length + Object.keys(faults.results).length;
  const cpu = relaxed.cpuSeconds + strains.cpuSeconds + faults.cpuSeconds;
  console.log(
    `${element} ${name}: ${points} points, ${cpu.toFixed(2)} CPU s (strains ${strains.cpuSeconds.toFixed(2)}, faults ${faults.cpuSeconds.toFixed(2)}); ` +
      `C11 ${gpa[0]?.[0]?.toFixed(2)} C12 ${gpa[0]?.[1]?.toFixed(2)} C44 ${gpa[3]?.[3]?.toFixed(2)} GPa; ` +
      `(1/6, 1/6) ${perArea(unstable)}, (1/3, 1/3) ${perArea(intrinsic)} mJ/m2`,
  );
}

function run(tasks: readonly PointTask[]): Spent {
  const results: Record<string, PointResult> = {};
  let cpuSeconds = 0;
  for (const task of tasks) {
    const folder = mkdtempSync(join(tmpdir(), 'peierls-count-'));
    try {
      const { files, args, outputs } = calculator.writePoint(task);
      const written = [
        ...Object.entries(calculator.sharedFiles(task.structure)).map(([name, text]) => [join('shared', name), text] as const),
        ...Object.entries(files).map(([name, text]) => [join('point', name), text] as const),
      ];
      for (const [name, text] of written) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      const before = childSeconds();
      const done = spawnSync('lmp', args, {
        cwd: join(folder, 'point'),
        encoding: 'utf8',
        maxBuffer: 1e9,
        env: { ...process.env, OMP_NUM_THREADS: '1' },
      });
      cpuSeconds += childSeconds() - before;
      const found = outputs.filter((name) => existsSync(join(folder, 'point', name)));
      const texts = Object.fromEntries(found.map((name) => [name, readFileSync(join(folder, 'point', name), 'utf8')]));
      const outcome = calculator.readPoint(task, { stdout: done.stdout, stderr: done.stderr, ...texts });
      if (outcome.kind === 'failed') throw new Error(`${task.label}: ${outcome.evidence}`);
      results[task.label] = outcome.result;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { results, cpuSeconds };
}

/** Processor time of this process's children that have ended (proc(5): cutime and cstime). */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return (Number(fields[13]) + Number(fields[14])) / ticks;
}
