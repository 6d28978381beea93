import type { Mat3, Vec3 } from '../../../domain/vector.js';
import type { VasprunStep } from './vasprun.js';

/** What OUTCAR says: the fallback where vasprun.xml is missing or cut. */
export interface Outcar {
  version?: string;
  /** The account of times at the very end is there. */
  done: boolean;
  /** The last self-consistency cycle has reached EDIFF. */
  scfConverged?: boolean;
  relaxationConverged: boolean;
  /** The warning about an occupied highest band is there. */
  highestBandOccupied: boolean;
  step: Omit<VasprunStep, 'electronicSteps'>;
}

/** Reads the last value of everything. Never throws; what is not there is absent. */
export function readOutcar(text: string): Outcar {
  const lines = text.split('\n');
  const last = (pattern: RegExp): RegExpExecArray | undefined => [...text.matchAll(pattern)].at(-1);
  //  vasp.6.3.2 27Jun22 (build ...) complex
  const version = /^\s*vasp\.(\d[\w.]*)/m.exec(text)?.[1];
  //   free  energy   TOTEN  =       -14.95017498 eV
  const free = last(/free\s+energy\s+TOTEN\s+=\s+(\S+) eV/g)?.[1];
  //   energy  without entropy=      -14.95017498  energy(sigma->0) =      -14.95017498
  const extrapolated = last(/energy\(sigma->0\) =\s*(\S+)/g)?.[1];
  const reached = text.lastIndexOf('aborting loop because EDIFF is reached');
  const missed = text.lastIndexOf('aborting loop EDIFF was not reached');
  const [lattice, atoms] = [latticeOf(lines), atomsOf(lines)];
  const stressKb = stressOf(last(/^\s*in kB\s+(.*)$/gm)?.[1]);
  return {
    ...(version !== undefined && { version }),
    done: text.includes('General timing and accounting informations for this job'),
    ...(Math.max(reached, missed) >= 0 && { scfConverged: reached > missed }),
    relaxationConverged: text.includes('reached required accuracy'),
    highestBandOccupied: text.includes('Your highest band is occupied at some k-points'),
    step: {
      ...(free !== undefined && { freeEnergyEv: Number(free) }),
      ...(extrapolated !== undefined && { energyEv: Number(extrapolated) }),
      ...(lattice !== undefined && { lattice }),
      ...(atoms !== undefined && { forces: atoms.forces }),
      ...(stressKb !== undefined && { stressKb }),
    },
  };
}

/** Positions in angstrom that stand beside the forces. */
export function cartesianOf(text: string): Vec3[] | undefined {
  return atomsOf(text.split('\n'))?.positions;
}

/** The rows after the last `direct lattice vectors                 reciprocal lattice vectors`. */
function latticeOf(lines: readonly string[]): Mat3 | undefined {
  const start = lines.findLastIndex((line) => line.includes('direct lattice vectors'));
  const rows = start < 0 ? [] : lines.slice(start + 1, start + 4).map((line) => numbers(line).slice(0, 3));
  return rows.length === 3 && rows.every((row) => row.length === 3) ? (rows as unknown as Mat3) : undefined;
}

/** The block ` POSITION   TOTAL-FORCE (eV/Angst)`: dashes, six numbers an atom, dashes. */
function atomsOf(lines: readonly string[]): { positions: Vec3[]; forces: Vec3[] } | undefined {
  const start = lines.findLastIndex((line) => line.includes('TOTAL-FORCE (eV/Angst)'));
  const end = start < 0 ? -1 : lines.findIndex((line, index) => index > start + 1 && line.includes('-----'));
  if (end < 0) return undefined;
  const rows = lines.slice(start + 2, end).map(numbers);
  if (rows.length === 0 || rows.some((row) => row.length !== 6)) return undefined;
  return { positions: rows.map(triple), forces: rows.map((row) => triple(row.slice(3))) };
}

/** `in kB  XX YY ZZ XY YZ ZX`, another order than anybody's. */
function stressOf(text: string | undefined): Mat3 | undefined {
  const [xx, yy, zz, xy, yz, zx] = numbers(text ?? '');
  if (xx === undefined || yy === undefined || zz === undefined || xy === undefined || yz === undefined || zx === undefined)
    return undefined;
  return [
    [xx, xy, zx],
    [xy, yy, yz],
    [zx, yz, zz],
  ];
}

function numbers(line: string): number[] {
  return line.trim() === '' ? [] : line.trim().split(/\s+/).map(Number);
}

function triple([x = Number.NaN, y = Number.NaN, z = Number.NaN]: readonly number[]): Vec3 {
  return [x, y, z];
}

/** Energies, steps and moment of the last line of OSZICAR: `   3 F= -.1495E+02 E0= -.1495E+02  d E =-.71E-03  mag=     2.2004`. */
export function readOszicar(text: string): { ionicSteps: number; energyEv?: number; magneticMoment?: number } {
  const lines = [...text.matchAll(/^\s*(\d+)\s+F=\s*(\S+)\s+E0=\s*(\S+)(?:.*?mag=\s*(-?[\d.]+))?.*$/gm)];
  const [, , , energy, moment] = lines.at(-1) ?? [];
  return {
    ionicSteps: lines.length,
    ...(energy !== undefined && { energyEv: Number(energy) }),
    ...(moment !== undefined && { magneticMoment: Number(moment) }),
  };
}
