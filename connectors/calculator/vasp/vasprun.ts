import { Parser } from 'htmlparser2';
import type { Mat3, Vec3 } from '../../../domain/vector.js';

/** What a `vasprun.xml` says, in VASP's units (eV, angstrom, kB). A field that is missing or cut short is absent. */
export interface Vasprun {
  version?: string;
  /** `</modeling>` is there. */
  complete: boolean;
  /** Elements in the order of POSCAR. */
  elements?: string[];
  /** NELM and NSW, as the run understood them. */
  maxElectronicSteps?: number;
  maxIonicSteps?: number;
  /** Ionic steps that were finished. */
  steps: VasprunStep[];
}

export interface VasprunStep {
  electronicSteps: number;
  /** Free energy, and the energy extrapolated to no smearing, both of the last electronic step. */
  freeEnergyEv?: number;
  energyEv?: number;
  /** Rows, angstrom. */
  lattice?: Mat3;
  fractions?: Vec3[];
  /** eV/angstrom. */
  forces?: Vec3[];
  /** kB, positive where the crystal is compressed. */
  stressKb?: Mat3;
}

const pieceLength = 65_536;

/**
 * Reads a vasprun.xml of VASP 5 and 6 as a stream of elements: a file of hundreds of megabytes is never held as a tree, a cut one gives
 * what stands before the cut, and characters that are not XML do no harm. Never throws.
 */
export function readVasprun(text: string): Vasprun {
  const found: Vasprun = { complete: false, steps: [] };
  const path: { tag: string; name: string }[] = [];
  const atoms: string[] = [];
  let row: string[] = [];
  let rows: number[][] = [];
  let step: VasprunStep | undefined;
  let electronic: Partial<Record<string, number>> = {};
  let ionic: Partial<Record<string, number>> = {};
  let content = '';
  const within = (tag: string, name?: string): boolean => path.some((one) => one.tag === tag && (name === undefined || one.name === name));

  const parser = new Parser(
    {
      onopentag: (tag, { name = '' }) => {
        path.push({ tag, name });
        content = '';
        if (tag === 'calculation') [step, electronic, ionic] = [{ electronicSteps: 0 }, {}, {}];
        if (tag === 'scstep' && step !== undefined) step.electronicSteps += 1;
        if (tag === 'varray') rows = [];
        if (tag === 'rc') row = [];
      },
      ontext: (piece) => {
        content += piece;
      },
      onclosetag: (tag, implied) => {
        const here = path.pop();
        // What is closed because the file ends is not whole.
        if (implied) return;
        const value = content.trim();
        content = '';
        if (tag === 'modeling') found.complete = true;
        if (tag === 'i' && here?.name === 'version' && within('generator')) found.version = value.replace(/^vasp\./, '');
        if (tag === 'i' && here?.name === 'NELM' && found.maxElectronicSteps === undefined) found.maxElectronicSteps = Number(value);
        if (tag === 'i' && here?.name === 'NSW' && found.maxIonicSteps === undefined) found.maxIonicSteps = Number(value);
        if (tag === 'c') row.push(value);
        if (tag === 'rc' && within('array', 'atoms')) atoms.push(row[0] ?? '');
        if (tag === 'array' && here?.name === 'atoms') found.elements = [...atoms];
        if (tag === 'v') rows.push(value.split(/\s+/).map(number));
        if (step === undefined) return;
        if (tag === 'i' && within('energy')) (within('scstep') ? electronic : ionic)[here?.name ?? ''] = number(value);
        if (tag === 'varray') keep(step, here?.name ?? '', rows);
        if (tag !== 'calculation') return;
        found.steps.push({ ...step, ...energies(electronic, ionic) });
        step = undefined;
      },
    },
    { xmlMode: true, decodeEntities: false },
  );
  for (let start = 0; start < text.length; start += pieceLength) parser.write(text.slice(start, start + pieceLength));
  parser.end();
  return found;
}

function keep(step: VasprunStep, name: string, rows: readonly number[][]): void {
  const triples = rows.map(([x = Number.NaN, y = Number.NaN, z = Number.NaN]): Vec3 => [x, y, z]);
  const matrix = triples.length === 3 ? (triples as unknown as Mat3) : undefined;
  if (name === 'basis' && matrix !== undefined) step.lattice = matrix;
  if (name === 'positions') step.fractions = triples;
  if (name === 'forces') step.forces = triples;
  if (name === 'stress' && matrix !== undefined) step.stressKb = matrix;
}

/**
 * Some versions write another quantity as the `e_0_energy` of an ionic step; the free energy of the step and the difference of the last
 * electronic one are right in all of them.
 */
function energies(
  electronic: Partial<Record<string, number>>,
  ionic: Partial<Record<string, number>>,
): Pick<VasprunStep, 'freeEnergyEv' | 'energyEv'> {
  const freeEnergyEv = ionic['e_fr_energy'] ?? electronic['e_fr_energy'];
  const [free, extrapolated] = [electronic['e_fr_energy'], electronic['e_0_energy']];
  const energyEv =
    freeEnergyEv === undefined || free === undefined || extrapolated === undefined
      ? ionic['e_0_energy']
      : freeEnergyEv + extrapolated - free;
  return { ...(freeEnergyEv !== undefined && { freeEnergyEv }), ...(energyEv !== undefined && { energyEv }) };
}

/** Asterisks stand where a number did not fit its field: that is no number. */
function number(text: string): number {
  return text === '' ? Number.NaN : Number(text);
}
