import type { PointOutcome, PointTask, StressVoigt } from '../../../domain/point.js';
import { inverse, vecMat, type Mat3, type Vec3 } from '../../../domain/vector.js';
import type { TextFiles } from '../calculator.js';
import { computedCell, conventionalCell } from '../primitive.js';
import { closestAngstrom, elementOf, shortestDistance } from '../species.js';
import { momentsOf, ordered } from './input.js';
import { cartesianOf, readOszicar, readOutcar } from './outcar.js';
import { announcedOutcome, silentOutcomes, type VaspOutcome } from './outcome.js';
import { readReport } from './potcar.js';
import type { VaspNumerics, VaspSettings } from './settings.js';
import { readVasprun } from './vasprun.js';

/** What the wrapper leaves in a point's folder. */
export const xmlFile = 'vasprun.short.xml';
export const outcarFile = 'OUTCAR.short';
export const oszicarFile = 'OSZICAR';
export const reportFile = 'potcar.txt';

/** kB, positive where the crystal is compressed, to GPa, positive where it is under tension. */
const gpaPerKb = -0.1;
/** Moment an atom, Bohr magnetons, below which a crystal that began with one has lost it. */
const noMoment = 0.05;

/** A run in our units; atoms are in the order of POSCAR. */
interface Run {
  version: string | undefined;
  ended: boolean;
  /** Nothing at all was written. */
  silent: boolean;
  elements: readonly string[] | undefined;
  energyEv: number | undefined;
  lattice: Mat3 | undefined;
  fractions: readonly Vec3[] | undefined;
  forces: readonly Vec3[] | undefined;
  stressKb: Mat3 | undefined;
  scfConverged: boolean | undefined;
  relaxationConverged: boolean;
  highestBandOccupied: boolean;
  magneticMoment: number | undefined;
}

export type Diagnosis = { result: Extract<PointOutcome, { kind: 'completed' }>['result'] } | { outcome: VaspOutcome; what: string };

/** Reads a finished run. Everything that went wrong is a failed outcome with its name and the lines that show it; nothing throws. */
export function readOutputs(task: PointTask, outputs: TextFiles, settings: VaspSettings, numerics: VaspNumerics): PointOutcome {
  const found = diagnose(task, outputs, settings, numerics);
  if ('result' in found) return { kind: 'completed', result: found.result };
  const words = ['stdout', 'stderr', oszicarFile].flatMap((file) => (outputs[file] ?? '').trimEnd().split('\n').slice(-evidenceLines));
  const potcars = readReport(outputs[reportFile]).map(({ title, sha256 }) => `POTCAR ${title} (sha256 ${sha256})`);
  return {
    kind: 'failed',
    reason: found.outcome.reason,
    evidence: [`${found.outcome.name}: ${found.what}`, ...words.filter((line) => line.trim() !== ''), ...potcars].join('\n').slice(0, 4000),
  };
}

const evidenceLines = 12;

/** VASP version such as `6.3.2`; undefined where the run did not get that far. */
export function codeVersion(outputs: TextFiles): string | undefined {
  return readVasprun((outputs[xmlFile] ?? '').slice(0, 4000)).version ?? readOutcar((outputs[outcarFile] ?? '').slice(0, 4000)).version;
}

/** The result of a run, or which outcome of the catalogue it is. `numerics` are those that the input was written with. */
export function diagnose(task: PointTask, outputs: TextFiles, settings: VaspSettings, numerics: VaspNumerics): Diagnosis {
  const run = readRun(task, outputs, numerics);
  const announced = announcedOutcome([outputs['stdout'] ?? '', outputs['stderr'] ?? '', outputs[outcarFile] ?? ''].join('\n'));
  // Warnings of a run that came to a good end are judged by its numbers.
  if (announced !== undefined && !(run.ended && passing.has(announced.outcome.name)))
    return { outcome: announced.outcome, what: announced.line };
  if (run.silent) return { outcome: silentOutcomes.outputMissing, what: 'VASP has written nothing' };
  const { requiresVersion } = settings;
  if (requiresVersion !== undefined && run.version !== undefined && !run.version.startsWith(requiresVersion))
    return { outcome: silentOutcomes.wrongVersion, what: `this is VASP ${run.version}; the campaign requires ${requiresVersion}` };
  if (!run.ended) return { outcome: silentOutcomes.interrupted, what: 'the outputs stop before the account of times' };
  const result = interpret(task, run, settings);
  return 'outcome' in result && announced !== undefined
    ? { outcome: announced.outcome, what: `${announced.line}; ${result.what}` }
    : result;
}

/** What may be said on the way to a good end. */
const passing: ReadonlySet<string> = new Set([
  'eddrmm',
  'edddav',
  'brmix',
  'brions',
  'zbrent',
  'subspace-matrix',
  'symmetry-noise',
  'error',
]);

function readRun(task: PointTask, outputs: TextFiles, numerics: VaspNumerics): Run {
  const xml = readVasprun(outputs[xmlFile] ?? '');
  const outcarText = outputs[outcarFile] ?? '';
  const outcar = readOutcar(outcarText);
  const oszicar = readOszicar(outputs[oszicarFile] ?? '');
  const step = xml.complete ? xml.steps.at(-1) : undefined;
  const lattice = step?.lattice ?? outcar.step.lattice;
  const positions = cartesianOf(outcarText);
  const steps = xml.maxElectronicSteps ?? numerics.maxElectronicSteps;
  return {
    version: xml.version ?? outcar.version,
    ended: outcarText === '' ? xml.complete : outcar.done,
    silent: [xmlFile, outcarFile, oszicarFile, 'stdout'].every((file) => (outputs[file] ?? '').trim() === ''),
    elements: xml.elements,
    energyEv: step?.energyEv ?? outcar.step.energyEv ?? oszicar.energyEv,
    lattice,
    fractions:
      step?.fractions ??
      (lattice === undefined || positions === undefined ? undefined : positions.map((at) => vecMat(at, inverse(lattice)))),
    forces: step?.forces ?? outcar.step.forces,
    stressKb: step?.stressKb ?? outcar.step.stressKb,
    scfConverged: outcar.scfConverged ?? (step === undefined ? undefined : step.electronicSteps < steps),
    relaxationConverged:
      outcar.relaxationConverged || (outcarText === '' && xml.maxIonicSteps !== undefined && xml.steps.length < xml.maxIonicSteps),
    highestBandOccupied: outcar.highestBandOccupied || (outputs['stdout'] ?? '').includes('Your highest band is occupied at some k-points'),
    magneticMoment: oszicar.magneticMoment,
  };
}

function interpret(task: PointTask, run: Run, settings: VaspSettings): Diagnosis {
  const reduction = computedCell(task);
  const cell = ordered(reduction.structure);
  const atoms = cell.order.length;
  const { energyEv, lattice, fractions, forces, stressKb } = run;
  if (run.scfConverged === false)
    return { outcome: silentOutcomes.scfNotConverged, what: `the last self-consistency cycle has used all its steps (NELM)` };
  if (energyEv === undefined || lattice === undefined || fractions === undefined || forces === undefined)
    return { outcome: silentOutcomes.incomplete, what: 'energy, cell, positions or forces are missing from vasprun.xml and OUTCAR' };
  if (fractions.length !== atoms || forces.length !== atoms)
    return { outcome: silentOutcomes.wrongStructure, what: `${fractions.length} positions and ${forces.length} forces of ${atoms} atoms` };
  const wanted = cell.order.map((index) => elementOf(cell.structure, cell.structure.sites[index]?.species ?? ''));
  if (run.elements !== undefined && run.elements.join() !== wanted.join())
    return { outcome: silentOutcomes.wrongStructure, what: `VASP has computed ${summary(run.elements)}, not ${summary(wanted)}` };
  const stressGpa = stressKb && stressOf(stressKb);
  if (![energyEv, ...lattice.flat(), ...fractions.flat(), ...forces.flat(), ...(stressGpa ?? [])].every(Number.isFinite))
    return { outcome: silentOutcomes.notANumber, what: 'energy, cell, forces or stress hold values that are not finite' };
  if (run.highestBandOccupied)
    return { outcome: silentOutcomes.highestBandOccupied, what: 'the highest band is occupied: bands are missing' };
  const inTaskOrder = <Value>(values: readonly Value[]): Value[] =>
    cell.order.map((_, site) => values[cell.order.indexOf(site)]).filter((value): value is Value => value !== undefined);
  const structure = conventionalCell(task.structure, reduction, lattice, inTaskOrder(fractions));
  const free = forces.flatMap((force) => (task.relax === 'ions-along-z' ? [force[2]] : force)).map(Math.abs);
  const maxForceEvPerAngstrom = Math.max(0, ...free);
  const moves = task.relax === 'cell-and-ions' || (task.relax !== 'none' && atoms > 1);
  // The norm of a force is compared by VASP, its components by us.
  if (moves && (!run.relaxationConverged || maxForceEvPerAngstrom > 1.01 * settings.forceToleranceEvPerAngstrom))
    return {
      outcome: silentOutcomes.relaxationNotConverged,
      what: `the largest force is ${maxForceEvPerAngstrom.toPrecision(3)} eV/angstrom, the goal ${settings.forceToleranceEvPerAngstrom}`,
    };
  const distance = shortestDistance(structure);
  if (distance < closestAngstrom) return { outcome: silentOutcomes.collapsed, what: `two atoms are ${distance.toFixed(2)} angstrom apart` };
  const left = task.relax === 'cell-and-ions' ? Math.max(...(stressGpa ?? [Number.NaN]).map(Math.abs)) : 0;
  if (!(left <= settings.finalStressToleranceGpa))
    return {
      outcome: silentOutcomes.stressLeft,
      what: `stress ${left} GPa is left with plane waves for the relaxed cell; raise encutEv (limit ${settings.finalStressToleranceGpa})`,
    };
  const lost = lostMoment(cell.structure, run, settings);
  if (lost !== undefined) return { outcome: silentOutcomes.momentLost, what: lost };
  return {
    result: {
      energyEv: energyEv * reduction.multiplicity,
      ...(stressGpa !== undefined && task.periodic.every(Boolean) && { stressGpa }),
      // A fixed cell is the task's own, to the last bit.
      structure: task.relax === 'cell-and-ions' ? structure : { ...structure, lattice: task.structure.lattice },
      maxForceEvPerAngstrom,
      ...(run.magneticMoment !== undefined && { magneticMoment: run.magneticMoment * reduction.multiplicity }),
    },
  };
}

/** A campaign that gives starting moments by element says that they are there; with `auto` they may vanish, and only sets must agree. */
function lostMoment(structure: PointTask['structure'], { magneticMoment }: Run, settings: VaspSettings): string | undefined {
  const moments = typeof settings.magnetism === 'string' ? undefined : momentsOf(structure, settings);
  if (moments === undefined || magneticMoment === undefined) return undefined;
  const magnetic = structure.sites.filter(({ species }) => moments[elementOf(structure, species)] !== undefined).length;
  return Math.abs(magneticMoment) / magnetic < noMoment
    ? `${magneticMoment} Bohr magnetons are left of the starting moments of ${magnetic} atoms`
    : undefined;
}

/** Voigt order, tension positive. */
function stressOf([[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]]: Mat3): StressVoigt {
  const [a, b, c, d, e, f] = [xx, yy, zz, (yz + zy) / 2, (xz + zx) / 2, (xy + yx) / 2];
  return [a * gpaPerKb, b * gpaPerKb, c * gpaPerKb, d * gpaPerKb, e * gpaPerKb, f * gpaPerKb];
}

/** `Al2 Ni6`, in the order in which they stand. */
function summary(elements: readonly string[]): string {
  const runs: { element: string; count: number }[] = [];
  for (const element of elements) {
    const last = runs.at(-1);
    if (last?.element === element) last.count += 1;
    else runs.push({ element, count: 1 });
  }
  return runs.map(({ element, count }) => `${element}${count}`).join(' ');
}
