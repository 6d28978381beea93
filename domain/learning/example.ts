import { libraryProtocol } from '../library.js';
import { numericalFloorMpa } from '../peierls-stress.js';
import { resampled } from '../periodic-grid.js';
import { gammaGrid, sizeRatio } from '../slip-record-gate.js';
import type { SlipRecord } from '../slip-record.js';
import { faultsAlone } from './few-faults.js';
import { dislocationClass, elementsOf, protocolOf } from './dislocation-class.js';
import { featuresOf, finePoints, viewOf, type Features } from './feature.js';

/** One row of training, or of prediction where it has no label. */
export interface Example {
  id: string;
  kind: string;
  /** Class and protocol: what is never mixed. */
  group: string;
  elements: string[];
  features: Features;
  /** ln(tau_P/K). For a censored row the same of its floor: the true value is lower. */
  target: number;
  censored: boolean;
  /** Lowest stress that its protocol can tell from zero, MPa. */
  floorMpa: number;
  /** Standard deviation of the label in ln units where the record states an error; 0 where not. */
  noise: number;
  /** Why a row is not learned from although it can be read; it is still scored. */
  excluded?: string;
  /** What is seen of the record where less of its gamma surface is known. See `withOtherViews`. */
  otherViews?: Features[];
}

export const separator = ' @ ';

/** A labelled record as an example, or undefined without a label. */
export function exampleOf(record: SlipRecord, fileProtocol: string, floorMpa: number): Example | undefined {
  const stated = number(record['floorMpa']) ?? (record['protocol'] === libraryProtocol ? numericalFloorMpa : floorMpa);
  const below =
    record['below_floor'] === true || record['belowFloor'] === true || (record.peierls_mpa !== undefined && record.peierls_mpa <= stated);
  const label = below ? stated : record.peierls_mpa;
  if (label === undefined) return undefined;
  const unlabelled = inputOf(record, fileProtocol);
  const error = number(record['error_mpa']) ?? number(record['errorMpa']) ?? 0;
  const excluded = defect(record);
  return {
    ...unlabelled,
    target: Math.log(label / 1000) - unlabelled.features.lnK,
    censored: below,
    floorMpa: stated,
    noise: Math.min(1, error / label),
    ...(excluded !== undefined && { excluded }),
  };
}

/** What a class that prefers coarse views sees of a record: every second point of its surface, or 6 x 6 of one on other grids. */
export function coarseView(record: SlipRecord): SlipRecord {
  if (viewOf(record) !== 'fine') return record;
  const every = everySecondPoint(record);
  if (every !== undefined) return every;
  const grid = gammaGrid(record);
  const mjPerM2 = closed(resampled(grid, [coarsePoints, coarsePoints]).values);
  const points: [number, number] = [coarsePoints + 1, coarsePoints + 1];
  return { ...record, gamma: { ...record.gamma, points, vectors_angstrom: grid.periods, mj_per_m2: mjPerM2 } };
}

const coarsePoints = 6;

/** With the repeated far ends of both periods. */
function closed(values: readonly (readonly number[])[]): number[][] {
  const again = <Value>(list: readonly Value[]): Value[] => [...list, ...list.slice(0, 1)];
  return again(values).map(again);
}

/** The example of a record with its coarse view and that of its faults alone, where there are such. */
export function withOtherViews(example: Example, record: SlipRecord): Example {
  const others = [everySecondPoint(record), faultsAlone(record)].flatMap((it) => (it === undefined ? [] : [featuresOf(it)]));
  return others.length === 0 ? example : { ...example, otherViews: others };
}

/**
 * A record as if its gamma surface had been computed on every second point: 6 x 6, the grid that first-principles campaigns take, of 12 x 12.
 * Undefined where an odd number of steps has no every second point, where too few would be left to see the faults, or so many that it is no coarse view.
 */
export function everySecondPoint(record: SlipRecord): SlipRecord | undefined {
  const rows = record.gamma.mj_per_m2;
  const steps = [rows.length - 1, (rows[0]?.length ?? 1) - 1] as const;
  if (steps.some((count) => count % 2 === 1 || count < fewestSteps) || (steps[0] * steps[1]) / 4 >= finePoints) return undefined;
  const even = <Value>(list: readonly Value[]): Value[] => list.filter((_, index) => index % 2 === 0);
  return { ...record, gamma: { ...record.gamma, points: [steps[0] / 2 + 1, steps[1] / 2 + 1], mj_per_m2: even(rows).map(even) } };
}

/** Steps along a period of the finer grid. */
const fewestSteps = 8;

export function inputOf(record: SlipRecord, fileProtocol: string): Omit<Example, 'target' | 'censored' | 'noise' | 'floorMpa'> {
  const kind = dislocationClass(record);
  return {
    id: record.id,
    kind,
    group: kind + separator + protocolOf(record, fileProtocol),
    elements: elementsOf(record),
    features: featuresOf(record),
  };
}

/** Defects that make a row's inputs another crystal than its label's. */
function defect(record: SlipRecord): string | undefined {
  const ratio = sizeRatio(record);
  const doubled = record.lattice === 'hcp' ? 4 ** (1 / 3) : 2;
  if (Math.min(Math.abs(ratio - 1), Math.abs(ratio / doubled - 1)) > 0.15)
    return `the lattice is ${ratio.toFixed(2)} times as large as atomic volumes suggest`;
  return undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
