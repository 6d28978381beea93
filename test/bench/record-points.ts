import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Calculator, TextFiles } from '../../connectors/calculator/calculator.js';
import { CalculatorPool } from '../../connectors/calculator/open.js';
import { ElementSymbol } from '../../domain/element.js';
import { elasticPoints } from '../../domain/elastic-strain.js';
import { GammaSettings, gammaPoints } from '../../domain/gamma-surface.js';
import type { PointResult, PointTask } from '../../domain/point.js';
import { buildPrototype, PrototypeName, prototypes } from '../../domain/prototype.js';
import { slipSystem } from '../../domain/slip-system.js';

/**
 * Runs points of one crystal on this machine, one after the other, and records inputs, slim outputs and times, as the fixtures in
 * `test/unit/data/{qe,gpaw}/run/` hold them. A second call goes on where the first one stopped.
 *
 *   npx tsx test/bench/record-points.ts spec.yaml set.json
 */
const Spec = z.strictObject({
  element: ElementSymbol,
  prototype: PrototypeName,
  calculator: z.object({ name: z.string() }).catchall(z.unknown()),
  /** argv of the code. */
  command: z.array(z.string()).min(1),
  /** As fixtures name it. */
  code: z.string(),
  /** Where the relaxation starts, angstrom; default: a guess from atomic volumes. */
  size: z.strictObject({ a: z.number(), c: z.number().optional() }).optional(),
  amplitudes: z.array(z.number()).default([0.01]),
  /** Points of a gamma surface to be computed too. */
  gamma: z.strictObject({ slipSystem: z.string(), settings: GammaSettings.prefault({}), labels: z.array(z.string()) }).optional(),
});
type Spec = z.infer<typeof Spec>;

interface RecordedPoint {
  label: string;
  task: PointTask;
  wallSeconds: number;
  cpuSeconds: number;
  input: string;
  outputs: TextFiles;
}

const [specFile = '', out = ''] = parseArgs({ allowPositionals: true }).positionals;
const spec = Spec.parse(parse(readFileSync(specFile, 'utf8')));
const calculator = await new CalculatorPool().get(spec.calculator);
const points: RecordedPoint[] = existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as { points: RecordedPoint[] }).points : [];

const crystal = prototypes[spec.prototype];
const start = buildPrototype(
  spec.prototype,
  { A: { [spec.element]: 1 } },
  spec.size && { a: spec.size.a, ...(spec.size.c !== undefined && { c: spec.size.c }) },
);
const relaxed = run({
  label: 'relax',
  structure: start,
  periodic: [true, true, true],
  relax: 'cell-and-ions',
  cellFreedom: crystal.cellFreedom,
}).structure;
const { tasks: strains } = elasticPoints(relaxed, crystal.crystalSystem, { method: 'stress', amplitudes: spec.amplitudes });
for (const task of strains) run(task);
if (crystal.crystalSystem === 'hexagonal') {
  // Not needed for the tensor: C66, which must be half of C11 - C12.
  const { tasks } = elasticPoints(relaxed, 'orthorhombic', { method: 'stress', amplitudes: spec.amplitudes });
  for (const task of tasks.filter(({ label }) => label.startsWith('strain/e6/'))) run(task);
}
if (spec.gamma !== undefined) {
  const { slipSystem: name, settings, labels } = spec.gamma;
  const { tasks } = gammaPoints(relaxed, slipSystem(spec.prototype, name), settings, calculator.cutoffAngstrom(relaxed));
  for (const task of tasks.filter(({ label }) => labels.includes(label))) run(task);
}

function run(task: PointTask): PointResult {
  const known = points.find(({ label }) => label === task.label) ?? compute(calculator, spec, task);
  const outcome = calculator.readPoint(task, known.outputs);
  if (outcome.kind === 'failed') throw new Error(`${task.label}: ${outcome.reason}: ${outcome.evidence}`);
  if (!points.includes(known)) {
    points.push(known);
    const recorded = new Date().toISOString().slice(0, 10);
    writeFileSync(out, `${JSON.stringify({ code: spec.code, recorded, calculator: spec.calculator, points }, undefined, 1)}\n`);
    process.stderr.write(`${task.label}: ${outcome.result.energyEv} eV, ${known.wallSeconds} s\n`);
  }
  return outcome.result;
}

function compute(from: Calculator, { command: [program = '', ...leading] }: Spec, task: PointTask): RecordedPoint {
  const folder = mkdtempSync(join(tmpdir(), 'peierls-record-'));
  try {
    const { files, args, outputs } = from.writePoint(task);
    const place = (under: string, texts: TextFiles) => {
      for (const [name, text] of Object.entries(texts)) {
        mkdirSync(dirname(join(folder, under, name)), { recursive: true });
        writeFileSync(join(folder, under, name), text);
      }
    };
    place('shared', from.sharedFiles(task.structure));
    place('point', files);
    const [began, usedBefore] = [Date.now(), childSeconds()];
    const done = spawnSync(program, [...leading, ...args], {
      cwd: join(folder, 'point'),
      env: { ...process.env, OMP_NUM_THREADS: '1' },
      maxBuffer: 1e9,
      encoding: 'utf8',
    });
    const found = outputs.filter((name) => existsSync(join(folder, 'point', name)));
    return {
      label: task.label,
      task,
      wallSeconds: Math.round((Date.now() - began) / 1000),
      cpuSeconds: Math.round(childSeconds() - usedBefore),
      input: Object.values(files)[0] ?? '',
      outputs: {
        stdout: slimPrint(done.stdout),
        ...(done.stderr.trim() !== '' && { stderr: done.stderr.slice(-2000) }),
        ...Object.fromEntries(found.map((name) => [name, slimXml(readFileSync(join(folder, 'point', name), 'utf8'))])),
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor time of this process's children that have ended (proc(5): cutime and cstime). */
function childSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return (Number(fields[13]) + Number(fields[14])) / ticks;
}

/** What the readers look at. */
function slimPrint(text: string): string {
  const lines = text.split('\n');
  const telling =
    /Program PWSCF|number of (atoms\/cell|k points)|^!|convergence|converged|JOB DONE|ATOMIC_POSITIONS|CELL_PARAMETERS|total\s+stress|atom\s+\d+\s+type|force|final coordinates|PWSCF\s+:|Error|Maximum|total magnetization/i;
  const rows = /^\s*[A-Z][a-z]?(\s+-?\d+\.\d+){3}|^(\s+-?\d+\.\d+){3}/;
  return lines.filter((line) => telling.test(line) || rows.test(line)).join('\n');
}

/** Without the echo of the input, the steps of a relaxation, and all of the bands but the largest occupation of the highest one. */
function slimXml(text: string): string {
  const occupations = [...text.matchAll(/<occupations size[^>]*>([^<]*)<\/occupations>/g)].map(([, values = '']) =>
    Number(values.trim().split(/\s+/).at(-1)),
  );
  const highest = `<band_structure><ks_energies><occupations size="1">${Math.max(...occupations)}</occupations></ks_energies></band_structure>`;
  return text
    .replaceAll(
      /<(input|parallel_info|timing_info|basis_set|algorithmic_info|atomic_species|symmetries|step)\b[^>]*>[\s\S]*?<\/\1>\s*/g,
      '',
    )
    .replace(/<band_structure>[\s\S]*<\/band_structure>/, highest);
}
