import { z } from 'zod';
import { Composition } from './composition.js';
import { ElasticMatrix } from './elastic-tensor.js';
import { ElementSymbol } from './element.js';
import { InvalidInput } from './failures.js';
import { recordProblem, recordRemarks } from './slip-record-gate.js';
import { ParentLattice } from './slip-plane.js';

const Length = z.number().min(1.5, 'is below 1.5; lengths are in angstrom').max(40, 'is above 40; lengths are in angstrom');
const InPlane = z.tuple([z.number(), z.number()]);
const Direction = z.tuple([z.number(), z.number(), z.number()]).refine((v) => Math.hypot(...v) > 1e-6, 'is a zero vector');

/**
 * One slip system of one material: the exchange format of training and prediction. Units are in the names; `gamma.mj_per_m2[i][j]` stands
 * at i/(n-1) of the first and j/(m-1) of the second of `vectors_angstrom`, both ends included. Fields that we do not know are kept.
 */
export const SlipRecord = z.looseObject({
  id: z.string().min(1),
  element: ElementSymbol.optional(),
  composition: Composition.optional(),
  lattice: ParentLattice,
  a: Length,
  c: Length.nullish(),
  /** In crystal axes: cubic along the cube edges; hexagonal a1 along x and c along z. */
  elastic_gpa: ElasticMatrix,
  slip: z.looseObject({
    plane: z.string().min(1),
    burgers_angstrom: Length,
    /** Plane normal and Burgers direction in crystal axes. Only needed where `plane` is not one of the known families. */
    normal: Direction.optional(),
    direction: Direction.optional(),
    /** The Burgers vector in the axes of `gamma.vectors_angstrom`; otherwise the grid vector, sum or difference of that length is taken. */
    burgers_in_plane_angstrom: InPlane.optional(),
  }),
  gamma: z.looseObject({
    points: z.tuple([z.int().min(4), z.int().min(4)]),
    vectors_angstrom: z.tuple([InPlane, InPlane]),
    mj_per_m2: z.array(z.array(z.number())),
    /** The surface was not computed: it is the smoothest one through a few faults (`recordOfFewFaults`). */
    made_of: z.literal('few-faults').optional(),
  }),
  character: z.enum(['edge', 'screw']),
  /** The label of a training record; absent when it is to be predicted. */
  peierls_mpa: z.number().nonnegative().optional(),
});
export type SlipRecord = z.infer<typeof SlipRecord>;

/** One entry of a file, in input order: usable, perhaps with remarks, or refused with one sentence. */
export type SlipEntry =
  | { kind: 'read'; id: string; record: SlipRecord; warnings: string[] }
  | { kind: 'refused'; id: string; error: string };

/** Reads a file `{ source, records }`, or a bare array of records. Bad records are refused one by one; only a bad file throws. */
export function readSlipFile(text: string, file = 'slip records'): { source: string; protocol: string; entries: SlipEntry[] } {
  const content = parsedJson(text, file);
  const list = Array.isArray(content) ? content : isObject(content) ? content['records'] : undefined;
  if (!Array.isArray(list)) {
    const remedy = 'Write { "source": "...", "records": [ ... ] }';
    throw new InvalidInput('there is no list of slip records', { file, path: 'records', value: list, remedy });
  }
  const source = isObject(content) && typeof content['source'] === 'string' ? content['source'] : file;
  // How its Peierls stresses were measured, for records that do not say so themselves: a file that does not say either stands for itself.
  const protocol = isObject(content) && typeof content['protocol'] === 'string' ? content['protocol'] : source;
  return { source, protocol, entries: list.map((raw: unknown, index) => readSlipRecord(raw, `record ${index + 1}`)) };
}

/** Checks one record: its form, then its units and physics. `fallbackId` names it while it has no id of its own. */
export function readSlipRecord(raw: unknown, fallbackId = 'record'): SlipEntry {
  const id = isObject(raw) && typeof raw['id'] === 'string' && raw['id'] !== '' ? raw['id'] : fallbackId;
  const parsed = SlipRecord.safeParse(raw, { reportInput: true });
  if (!parsed.success) return { kind: 'refused', id, error: sentence(parsed.error) };
  const error = recordProblem(parsed.data);
  return error === undefined
    ? { kind: 'read', id, record: parsed.data, warnings: recordRemarks(parsed.data) }
    : { kind: 'refused', id, error };
}

/** The first problem as a sentence, with the number of the others. JSON has no NaN: it arrives as null. */
function sentence(error: z.ZodError): string {
  const [first] = error.issues;
  if (first === undefined) return 'is not a slip record';
  const path = first.path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
  const others = error.issues.length - 1;
  const message = first.input === null ? 'is null, which is how JSON writes NaN; a number is needed' : first.message;
  return `${path === '' ? 'record' : path}: ${message}${others === 0 ? '' : `; ${others} more problem${others > 1 ? 's' : ''}`}`;
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidInput('this is not JSON', {
      file,
      value: text.slice(0, 40),
      remedy: 'JSON has no NaN or Infinity and no trailing commas',
      cause,
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
