import { assertNever } from '../../../domain/assert-never.js';
import type { PointOutcome, PointTask, StressVoigt } from '../../../domain/point.js';
import type { Structure } from '../../../domain/structure.js';
import { inverse, scale, vecMat, type Mat3, type Vec3 } from '../../../domain/vector.js';
import type { TextFiles } from '../calculator.js';
import { computedCell, conventionalCell } from '../primitive.js';
import { closestAngstrom, elementOf, gapOf, shortestDistance } from '../species.js';
import { magnetisationsOf } from './composition.js';
import { crashFile, xmlFile } from './input.js';
import { announcedOutcome, silentOutcomes, type PwOutcome } from './outcome.js';
import type { QuantumEspressoSettings } from './settings.js';
import { readPwStdout } from './stdout.js';
import {
  angstromPerBohr,
  evPerAngstromPerHartreePerBohr,
  evPerAngstromPerRyPerBohr,
  evPerHartree,
  evPerRy,
  gpaPerHartreePerBohr3,
  gpaPerKbar,
} from './units.js';
import { readPwXml } from './xml.js';

/** A run in our units: the XML's numbers, or the printed ones where there is no XML. Cell and atoms are those that pw.x computed. */
interface Run {
  energyEv: number | undefined;
  /** Rows, angstrom. */
  lattice: Mat3 | undefined;
  fractions: readonly Vec3[] | undefined;
  forces: readonly Vec3[] | undefined;
  /** Positive under compression. */
  pressureGpa: Mat3 | undefined;
  scfConverged: boolean | undefined;
  relaxationConverged: boolean | undefined;
  ended: boolean;
  highestOccupation: number | undefined;
  /** Total, of the computed cell, Bohr magnetons. */
  magneticMoment: number | undefined;
  bandGapEv: number | undefined;
  version: string | undefined;
}

/** Reads a finished run. Everything that went wrong is a failed outcome with its number, its name and the lines that show it; nothing throws. */
export function readOutputs(task: PointTask, outputs: TextFiles, settings: QuantumEspressoSettings): PointOutcome {
  const found = diagnose(task, outputs, settings);
  if ('result' in found) return { kind: 'completed', result: found.result };
  return failed(found.outcome, found.what, outputs);
}

/** QE version such as `6.7MaX`; undefined where the run did not get as far as its first line. */
export function codeVersion(outputs: TextFiles): string | undefined {
  return readPwStdout(outputs['stdout'] ?? '').version ?? readPwXml(outputs[xmlFile] ?? '').version;
}

export type Diagnosis = { result: Extract<PointOutcome, { kind: 'completed' }>['result'] } | { outcome: PwOutcome; what: string };

/** The result of a run, or which outcome of the catalogue it is. */
export function diagnose(task: PointTask, outputs: TextFiles, settings: QuantumEspressoSettings): Diagnosis {
  const stdout = outputs['stdout'] ?? '';
  const xml = outputs[xmlFile];
  const run = readRun(task, stdout, xml);
  const announced = announcedOutcome([stdout, outputs['stderr'] ?? '', outputs[crashFile] ?? ''].join('\n'));
  if (announced !== undefined && !(run.ended && passing(announced.outcome, run)))
    return { outcome: announced.outcome, what: announced.line };
  if (stdout.trim() === '' && xml === undefined) return { outcome: silentOutcomes.outputMissing, what: 'pw.x has printed nothing' };
  if (!run.ended) return { outcome: silentOutcomes.interrupted, what: 'the output stops before JOB DONE' };
  const wrong = wrongVersion(run, settings);
  if (wrong !== undefined) return { outcome: silentOutcomes.wrongVersion, what: wrong };
  const result = interpret(task, run, settings);
  return 'outcome' in result && announced !== undefined
    ? { outcome: announced.outcome, what: `${announced.line}; ${result.what}` }
    : result;
}

/** XML and options are those of 6.0 and later. */
function wrongVersion({ version }: Run, { requiresVersion }: QuantumEspressoSettings): string | undefined {
  if (version === undefined) return undefined;
  if (requiresVersion !== undefined && !version.startsWith(requiresVersion))
    return `this is Quantum ESPRESSO ${version}; the campaign requires ${requiresVersion}`;
  return Number.parseInt(version, 10) < 6 ? `this is Quantum ESPRESSO ${version}; 6.0 and later are supported` : undefined;
}

/**
 * What may happen on the way to a good end, which the numbers then judge: a cycle of a relaxation that misses its goal before a later one
 * reaches it, and an optimiser that stops because its steps have become too small to matter.
 */
function passing({ name }: PwOutcome, run: Run): boolean {
  return (name === 'scf-not-converged' && run.scfConverged === true) || name === 'bfgs-stuck';
}

function readRun(task: PointTask, stdout: string, xmlText: string | undefined): Run {
  const printed = readPwStdout(stdout);
  const file = readPwXml(xmlText ?? '');
  const xml = stale(file.energy, printed.energyRy) ? { ...file, energy: undefined, forces: undefined, stress: undefined } : file;
  const lattice = xml.cell?.map((row) => scale(row, angstromPerBohr)) as Mat3 | undefined;
  const relaxed = task.relax === 'none' ? undefined : printed.fractions;
  return {
    energyEv: times(xml.energy, evPerHartree) ?? times(printed.energyRy, evPerRy),
    lattice: lattice ?? printed.cellAngstrom ?? (task.relax === 'cell-and-ions' ? undefined : computedCell(task).structure.lattice),
    fractions:
      lattice !== undefined && xml.positions !== undefined
        ? xml.positions.map((position) => vecMat(scale(position, angstromPerBohr), inverse(lattice)))
        : (relaxed ?? computedCell(task).structure.sites.map(({ position }) => position)),
    forces:
      xml.forces?.map((force) => scale(force, evPerAngstromPerHartreePerBohr)) ??
      printed.forcesRyPerBohr?.map((force) => scale(force, evPerAngstromPerRyPerBohr)),
    pressureGpa: (xml.stress?.map((row) => scale(row, gpaPerHartreePerBohr3)) ??
      printed.stressKbar?.map((row) => scale(row, gpaPerKbar))) as Mat3 | undefined,
    scfConverged: printed.scfConverged ?? xml.scfConverged,
    relaxationConverged: printed.relaxationConverged ?? xml.relaxationConverged,
    // A relaxation writes a whole XML at each step, so that a file of a killed run looks finished: what is printed decides, where it is there.
    ended: stdout.trim() === '' ? xml.complete && xml.exitStatus === 0 : printed.done,
    highestOccupation: xml.highestOccupation,
    magneticMoment: xml.magnetization ?? printed.magnetization,
    bandGapEv: times(xml.bandGap, evPerHartree),
    version: printed.version ?? xml.version,
  };
}

/** The XML of some runs (QE 6.7, cell relaxation, `disk_io` none) is that of the calculation before the last; the output prints 8 decimals. */
function stale(hartree: number | undefined, rydberg: number | undefined): boolean {
  return hartree !== undefined && rydberg !== undefined && Math.abs(2 * hartree - rydberg) > 2e-8;
}

/** Occupation of the highest band beyond which the missing ones hold a noticeable part of the electrons. */
const occupied = 1e-3;
/** Moment an atom, Bohr magnetons, below which a crystal that began with one has lost it. */
const noMoment = 0.05;

function interpret(task: PointTask, run: Run, settings: QuantumEspressoSettings): Diagnosis {
  const { structure: computed, multiplicity } = computedCell(task);
  const { energyEv, lattice, fractions, forces, pressureGpa } = run;
  if (run.scfConverged === false) return { outcome: named(410), what: 'the last self-consistency cycle did not converge' };
  if (energyEv === undefined || forces === undefined || lattice === undefined || fractions === undefined)
    return { outcome: silentOutcomes.xmlUnreadable, what: 'energy, forces or cell are missing from XML and output' };
  if (fractions.length !== computed.sites.length || forces.length !== computed.sites.length)
    return {
      outcome: silentOutcomes.wrongStructure,
      what: `${fractions.length} positions and ${forces.length} forces of ${computed.sites.length} atoms`,
    };
  const stress = pressureGpa === undefined ? undefined : stressOf(pressureGpa);
  const numbers = [energyEv, ...lattice.flat(), ...fractions.flat(), ...forces.flat(), ...(stress ?? [])];
  if (!numbers.every(Number.isFinite))
    return { outcome: silentOutcomes.notANumber, what: 'energy, cell, forces or stress hold values that are not finite' };
  if ((run.highestOccupation ?? 0) > occupied)
    return {
      outcome: silentOutcomes.insufficientBands,
      what: `the highest band is occupied by ${run.highestOccupation}: bands are missing`,
    };
  const structure = conventionalCell(task.structure, computedCell(task), lattice, fractions);
  const moves = task.relax !== 'none' && computed.sites.length > 1;
  const maxForceEvPerAngstrom = Math.max(0, ...forces.flatMap((force) => freeComponents(task, force)).map(Math.abs));
  const limit = settings.forceToleranceEvPerAngstrom * (task.relax === 'cell-and-ions' ? 3 : 1.01);
  if ((moves || task.relax === 'cell-and-ions') && run.relaxationConverged === false)
    return { outcome: silentOutcomes.relaxationNotConverged, what: 'the relaxation did not converge' };
  if (moves && maxForceEvPerAngstrom > limit)
    return { outcome: silentOutcomes.relaxationNotConverged, what: `largest force ${maxForceEvPerAngstrom} eV/angstrom exceeds ${limit}` };
  const distance = shortestDistance(structure);
  if (distance < closestAngstrom) return { outcome: silentOutcomes.collapsed, what: `two atoms are ${distance.toFixed(2)} angstrom apart` };
  const left = task.relax === 'cell-and-ions' ? Math.max(...(stress ?? [Number.NaN]).map(Math.abs)) : 0;
  if (!(left <= settings.finalStressToleranceGpa))
    return {
      outcome: silentOutcomes.stressLeft,
      what: `stress ${left} GPa is left with plane waves for the relaxed cell; raise the cutoff (limit ${settings.finalStressToleranceGpa})`,
    };
  const lost = lostMoment(computed, run, settings);
  if (lost !== undefined) return { outcome: silentOutcomes.momentLost, what: lost };
  const spin = magnetisationsOf(task.structure, settings) !== undefined;
  return {
    result: {
      energyEv: energyEv * multiplicity,
      ...(stress !== undefined && task.periodic.every(Boolean) && { stressGpa: stress }),
      // A fixed cell is the task's own, to the last bit.
      structure: task.relax === 'cell-and-ions' ? structure : { ...structure, lattice: task.structure.lattice },
      maxForceEvPerAngstrom,
      ...gapOf(run.bandGapEv),
      ...(spin && run.magneticMoment !== undefined && { magneticMoment: run.magneticMoment * multiplicity }),
    },
  };
}

/** A campaign that gives starting magnetisations by element says that they are there; with `auto` they may vanish, and only sets must agree. */
function lostMoment(structure: Structure, { magneticMoment }: Run, settings: QuantumEspressoSettings): string | undefined {
  const starting = typeof settings.magnetism === 'string' ? undefined : magnetisationsOf(structure, settings);
  if (starting === undefined || magneticMoment === undefined) return undefined;
  const magnetic = structure.sites.filter(({ species }) => starting[elementOf(structure, species)] !== undefined).length;
  return Math.abs(magneticMoment) / magnetic < noMoment
    ? `${magneticMoment} Bohr magnetons are left of the starting moments of ${magnetic} atoms`
    : undefined;
}

/** Voigt order, tension positive. */
function stressOf([[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]]: Mat3): StressVoigt {
  return [-xx, -yy, -zz, -(yz + zy) / 2, -(xz + zx) / 2, -(xy + yx) / 2];
}

function freeComponents({ relax }: PointTask, force: Vec3): number[] {
  switch (relax) {
    case 'ions-along-z':
      return [force[2]];
    case 'none':
    case 'ions':
    case 'cell-and-ions':
    case 'shear-loading':
      return force;
    default:
      return assertNever(relax);
  }
}

function named(code: 410): PwOutcome {
  return { code, name: 'scf-not-converged', reason: 'not-converged' };
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

const evidenceLines = 12;

function failed({ code, name, reason }: PwOutcome, what: string, outputs: TextFiles): PointOutcome {
  const last = ['stdout', 'stderr', crashFile].flatMap((file) => (outputs[file] ?? '').trimEnd().split('\n').slice(-evidenceLines));
  return {
    kind: 'failed',
    reason,
    evidence: [`${code} ${name}: ${what}`, ...last.filter((line) => line.trim() !== '')].join('\n').slice(0, 4000),
  };
}
