import type { Mat3, Vec3 } from '../../../domain/vector.js';

/** What the printed output says, in its own units (Ry, bohr, kbar): the fallback where the XML is missing. */
export interface PwStdout {
  version?: string;
  /** `JOB DONE.` is there. */
  done: boolean;
  energyRy?: number;
  /** Of the last self-consistency cycle. */
  scfConverged?: boolean;
  relaxationConverged?: boolean;
  forcesRyPerBohr?: Vec3[];
  /** Positive under compression. */
  stressKbar?: Mat3;
  /** Rows in angstrom, of the final block of a cell relaxation. */
  cellAngstrom?: Mat3;
  /** Fractional, of the last positions printed. */
  fractions?: Vec3[];
  /** Of the last cycle, Bohr magnetons of the cell. */
  magnetization?: number;
}

/** Reads the last value of everything from the output of pw.x. Never throws; what is not there is absent. */
export function readPwStdout(text: string): PwStdout {
  const lines = text.split('\n');
  const lastLine = (start: RegExp): number => lines.findLastIndex((line) => start.test(line));
  const rows = (from: number, count: number, pick: (line: string) => Vec3 | undefined): Vec3[] | undefined => {
    const found = from < 0 ? [] : lines.slice(from, from + count).map(pick);
    return found.length > 0 && found.length === count && found.every((row) => row !== undefined) ? found : undefined;
  };
  // !    total energy              =     -15.79441843 Ry
  const energy = [...text.matchAll(/^!\s+total energy\s+=\s*(\S+)\s+Ry/gm)].at(-1)?.[1];
  // number of atoms/cell      =            6
  const atoms = Number(/number of atoms\/cell\s+=\s*(\d+)/.exec(text)?.[1] ?? 0);
  const converged = text.lastIndexOf('convergence has been achieved in');
  const unconverged = text.lastIndexOf('convergence NOT achieved after');
  // total   stress  (Ry/bohr**3)                   (kbar)     P=      128.04
  const stress = rows(lastLine(/total\s+stress\s+\(Ry\/bohr/) + 1 || -1, 3, (line) => lastThree(line));
  const cell = rows(lastLine(/^CELL_PARAMETERS \(angstrom\)/) + 1 || -1, 3, (line) => lastThree(line));
  // Al       0.000000000   0.000000000   0.000000000    0   0   1
  const fractions = rows(lastLine(/^ATOMIC_POSITIONS \(crystal\)/) + 1 || -1, atoms, (line) =>
    threeFrom(line.trim().split(/\s+/).slice(1, 4)),
  );
  const forces = forceBlock(lines, atoms);
  //      total magnetization       =     2.21 Bohr mag/cell
  const magnetization = [...text.matchAll(/total magnetization\s+=\s*(\S+)\s+Bohr/g)].at(-1)?.[1];
  return {
    done: /^\s*JOB DONE\./m.test(text),
    ...versionOf(text),
    ...(energy !== undefined && { energyRy: Number(energy) }),
    ...(Math.max(converged, unconverged) >= 0 && { scfConverged: converged > unconverged }),
    ...(/(bfgs|damped dynamics).*converged|End final coordinates/i.test(text) && { relaxationConverged: true }),
    ...(forces !== undefined && { forcesRyPerBohr: forces }),
    ...(stress !== undefined && { stressKbar: stress as Mat3 }),
    ...(cell !== undefined && { cellAngstrom: cell as Mat3 }),
    ...(fractions !== undefined && { fractions }),
    ...(magnetization !== undefined && { magnetization: Number(magnetization) }),
  };
}

/** Program PWSCF v.6.7MaX starts on 22Nov2026 at 19:45: 9 */
function versionOf(text: string): { version?: string } {
  const version = /Program PWSCF v\.?\s*(\S+) starts/.exec(text)?.[1];
  return version === undefined ? {} : { version };
}

/** The lines `     atom    1 type  1   force =     0.00000000    0.00000000   -0.00012345` after the last heading. */
function forceBlock(lines: readonly string[], atoms: number): Vec3[] | undefined {
  const start = lines.findLastIndex((line) => line.includes('Forces acting on atoms'));
  if (start < 0 || atoms === 0) return undefined;
  const found = lines
    .slice(start, start + atoms + 3)
    .flatMap((line) =>
      /^\s+atom\s+\d+\s+type\s+\d+\s+force =/.test(line) ? [threeFrom(line.split('=')[1]?.trim().split(/\s+/) ?? [])] : [],
    );
  return found.length === atoms && found.every((row) => row !== undefined) ? found : undefined;
}

function lastThree(line: string): Vec3 | undefined {
  const words = line.trim().split(/\s+/);
  return threeFrom(words.slice(-3));
}

/** Fortran prints asterisks where a number does not fit: that is no number. */
function threeFrom(words: readonly string[]): Vec3 | undefined {
  const [x, y, z] = words;
  return x === undefined || y === undefined || z === undefined ? undefined : [Number(x), Number(y), Number(z)];
}
