import { assertNever } from '../../../domain/assert-never.js';
import { z } from 'zod';
import type { PointFailure, PointOutcome, PointTask, StressVoigt } from '../../../domain/point.js';
import { LoadTrace } from '../../../domain/shear-loading.js';
import { inverse, subtract, vecMat, type Mat3, type Vec3 } from '../../../domain/vector.js';
import type { TextFiles } from '../calculator.js';
import { lammpsFrame, stressToTaskAxes, toTaskAxes, type Frame } from './frame.js';
import { finalFile, resultFile } from './input.js';
import { traceFile } from './loading.js';

export interface Tolerances {
  /** Largest force component on a free degree of freedom after a relaxation, eV/angstrom. */
  forceEvPerAngstrom: number;
  /** Largest stress component that a cell relaxation may leave, GPa. */
  stressGpa: number;
}

const triple = z.tuple([z.number(), z.number(), z.number()]);
const ResultLine = z.object({
  version: z.number(),
  atoms: z.number(),
  energyEv: z.number(),
  pressureBar: z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]),
  origin: triple,
  lengths: triple,
  tilts: triple,
});
type ResultLine = z.infer<typeof ResultLine>;

interface Atoms {
  positions: Vec3[];
  forces: Vec3[];
}

type Read<T> = { value: T } | { reason: PointFailure; what: string };

/** Bar to GPa, and pressure to stress. */
const stressPerBar = -1e-4;

/** Turns a finished run into a result or a named failure; what it cannot understand is a failure with the last lines as evidence. */
export function readOutputs(task: PointTask, outputs: TextFiles, tolerances: Tolerances): PointOutcome {
  const result = readResult(outputs[resultFile], outputs);
  if ('reason' in result) return failed(result.reason, result.what, outputs);
  if (task.relax === 'shear-loading') return readLoading(task, outputs, result.value);
  const atoms = readDump(outputs[finalFile], task.structure.sites.length);
  if ('reason' in atoms) return failed(atoms.reason, atoms.what, outputs);
  return interpret(task, result.value, atoms.value, tolerances, outputs);
}

/**
 * Lines `0.00101 45.24 0.0163 -18374.27 1.9e-05 -` after a heading, then `end period`. The last column is the strain at which the
 * dislocation had jumped when it was tried from the line before.
 */
function readLoading(task: PointTask, outputs: TextFiles, { energyEv }: ResultLine): PointOutcome {
  const text = outputs[traceFile] ?? '';
  if (/\b-?(nan|inf)\b/i.test(text)) return failed('not-a-number', `${traceFile} holds values that are not numbers`, outputs);
  const lines = text.split('\n').filter((line) => line !== '');
  const end = /^end (\S+)$/.exec(lines.at(-1) ?? '')?.[1];
  const increments = lines.slice(1, -1).map((line) => {
    const [strain, stressMpa, slipAngstrom, energy, forceNorm, failedStrain] = line.split(' ');
    return {
      strain: Number(strain),
      stressMpa: Number(stressMpa),
      slipAngstrom: Number(slipAngstrom),
      energyEv: Number(energy),
      forceNorm: Number(forceNorm),
      ...(failedStrain !== '-' && { failedStrain: Number(failedStrain) }),
    };
  });
  const trace = LoadTrace.safeParse({ increments, end });
  if (!trace.success) {
    const [issue] = trace.error.issues;
    return failed('output-truncated', `${traceFile} is incomplete: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, outputs);
  }
  const { lattice, sites, species } = task.structure;
  return {
    kind: 'completed',
    result: {
      energyEv,
      structure: { lattice, sites: sites.slice(0, 1), species },
      maxForceEvPerAngstrom: Math.max(...trace.data.increments.map(({ forceNorm }) => forceNorm)),
      trace: trace.data,
    },
  };
}

/** LAMMPS version date as in `lmp -h`, for instance 20210929; undefined where the run did not get that far. */
export function codeVersion(outputs: TextFiles): string | undefined {
  const result = readResult(outputs[resultFile], outputs);
  if ('value' in result) return String(result.value.version);
  // LAMMPS (29 Sep 2021 - Update 2)
  return /^LAMMPS \((.+)\)/m.exec(outputs['stdout'] ?? '')?.[1];
}

function readResult(text: string | undefined, outputs: TextFiles): Read<ResultLine> {
  const reported = reportedError(outputs);
  if (reported !== undefined) return reported;
  if (text === undefined || text.trim() === '') return { reason: 'output-missing', what: `${resultFile} is missing` };
  // "energyEv":-nan  "pressureBar":[inf,...
  if (/[:,[]-?(nan|inf)/i.test(text)) return { reason: 'not-a-number', what: `${resultFile} holds values that are not numbers` };
  try {
    const parsed = ResultLine.safeParse(JSON.parse(text));
    if (parsed.success) return { value: parsed.data };
    return { reason: 'output-truncated', what: `${resultFile} is incomplete: ${parsed.error.issues[0]?.path.join('.') ?? ''}` };
  } catch (cause) {
    return { reason: 'output-truncated', what: `${resultFile} is not JSON: ${String(cause)}` };
  }
}

/** LAMMPS reports errors as `ERROR: Lost atoms: original 2 current 1 (src/thermo.cpp:438)` or `ERROR on proc 0: ...`. */
function reportedError(outputs: TextFiles): { reason: PointFailure; what: string } | undefined {
  const text = `${outputs['stdout'] ?? ''}\n${outputs['stderr'] ?? ''}`;
  const what = /^ERROR(?: on proc \d+)?: .*$/m.exec(text)?.[0];
  if (what === undefined) return undefined;
  if (/lost atoms|atoms are out|out of range atoms/i.test(what)) return { reason: 'atoms-lost', what };
  if (/non-numeric|not a number|\bnan\b/i.test(what)) return { reason: 'not-a-number', what };
  if (/failed to (re)?allocate|out of memory|memory allocation/i.test(what)) return { reason: 'out-of-memory', what };
  // Said by our own pool of WebAssembly instances.
  if (/stopped at the time limit/.test(what)) return { reason: 'out-of-time', what };
  return { reason: 'code-error', what };
}

/** Nine header lines ending in `ITEM: ATOMS id x y z fx fy fz`, then one line an atom, sorted by id. */
function readDump(text: string | undefined, expected: number): Read<Atoms> {
  if (text === undefined) return { reason: 'output-missing', what: `${finalFile} is missing` };
  const lines = text.split('\n');
  const complete = lines.at(-1) === '';
  const start = lines.findIndex((line) => line.startsWith('ITEM: ATOMS'));
  const rows = start < 0 ? [] : lines.slice(start + 1).filter((line) => line.trim() !== '');
  const announced = Number(lines[lines.indexOf('ITEM: NUMBER OF ATOMS') + 1]);
  if (start >= 0 && announced !== expected)
    return { reason: 'atoms-lost', what: `${finalFile} has ${announced} atoms, the structure ${expected}` };
  if (rows.length !== expected || !complete)
    return { reason: 'output-truncated', what: `${finalFile} has ${rows.length} of ${expected} atom lines` };
  const atoms: Atoms = { positions: [], forces: [] };
  for (const [i, row] of rows.entries()) {
    const [id, x, y, z, fx, fy, fz] = row.trim().split(/\s+/).map(Number);
    if (x === undefined || y === undefined || z === undefined || fx === undefined || fy === undefined || fz === undefined || id !== i + 1)
      return { reason: 'output-truncated', what: `${finalFile}, atom line ${i + 1} is incomplete: "${row}"` };
    if (![x, y, z, fx, fy, fz].every(Number.isFinite))
      return { reason: 'not-a-number', what: `${finalFile}, atom line ${i + 1}: "${row}"` };
    atoms.positions.push([x, y, z]);
    atoms.forces.push([fx, fy, fz]);
  }
  return { value: atoms };
}

function interpret(task: PointTask, result: ResultLine, atoms: Atoms, tolerances: Tolerances, outputs: TextFiles): PointOutcome {
  const frame = lammpsFrame(task.structure.lattice);
  const periodic = task.periodic.every(Boolean);
  const [xx, yy, zz, yz, xz, xy] = result.pressureBar;
  const stressGpa = stressToTaskAxes(
    [xx * stressPerBar, yy * stressPerBar, zz * stressPerBar, yz * stressPerBar, xz * stressPerBar, xy * stressPerBar],
    frame,
  );
  const maxForceEvPerAngstrom = largest(atoms.forces.flatMap((force) => vecMat(force, frame.rotation)));
  if (task.relax !== 'none' && maxForceEvPerAngstrom > tolerances.forceEvPerAngstrom)
    return failed('not-converged', `largest force ${maxForceEvPerAngstrom} eV/angstrom exceeds ${tolerances.forceEvPerAngstrom}`, outputs);
  const left = task.relax === 'cell-and-ions' ? largest(relaxedStress(stressGpa, task.cellFreedom)) : 0;
  if (left > tolerances.stressGpa)
    return failed('not-converged', `stress ${left} GPa exceeds ${tolerances.stressGpa} after the cell relaxation`, outputs);
  return {
    kind: 'completed',
    result: {
      energyEv: result.energyEv,
      ...(periodic ? { stressGpa } : {}),
      structure: finalStructure(task, result, atoms, frame),
      maxForceEvPerAngstrom,
    },
  };
}

/** The part of the stress that the allowed strains could have removed. */
function relaxedStress([xx, yy, zz, yz, xz, xy]: StressVoigt, freedom: PointTask['cellFreedom']): number[] {
  switch (freedom) {
    case 'isotropic':
      return [(xx + yy + zz) / 3];
    case 'uniaxial':
      return [(xx + yy) / 2, zz];
    case 'orthorhombic':
      return [xx, yy, zz];
    case 'triclinic':
    case undefined:
      return [xx, yy, zz, yz, xz, xy];
    default:
      return assertNever(freedom);
  }
}

/** LAMMPS wraps atoms into its cell; each is put back into the periodic image nearest to where it started. */
function finalStructure(task: PointTask, result: ResultLine, atoms: Atoms, frame: Frame): PointTask['structure'] {
  const [lx, ly, lz] = result.lengths;
  const [xy, xz, yz] = result.tilts;
  const relaxed = task.relax === 'cell-and-ions';
  const cell: Mat3 = relaxed
    ? [
        [lx, 0, 0],
        [xy, ly, 0],
        [xz, yz, lz],
      ]
    : frame.lattice;
  const toFraction = inverse(cell);
  // Outside a cell relaxation the origin stays where the data file put it, at the corner of the task's cell.
  const origin: Vec3 = relaxed ? result.origin : [0, 0, 0];
  const sites = task.structure.sites.map((site, i) => {
    const fraction = vecMat(subtract(atoms.positions[i] ?? [0, 0, 0], origin), toFraction);
    const position = fraction.map((value, axis) => value - (task.periodic[axis] ? Math.round(value - (site.position[axis] ?? 0)) : 0));
    return { species: site.species, position: position as Vec3 };
  });
  return { lattice: relaxed ? toTaskAxes(cell, frame) : task.structure.lattice, sites, species: task.structure.species };
}

function largest(values: readonly number[]): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

const evidenceLines = 12;

function failed(reason: PointFailure, what: string, outputs: TextFiles): PointOutcome {
  const last = ['stdout', 'stderr'].flatMap((name) => (outputs[name] ?? '').trimEnd().split('\n').slice(-evidenceLines));
  return { kind: 'failed', reason, evidence: [what, ...last.filter((line) => line !== '')].join('\n').slice(0, 4000) };
}
