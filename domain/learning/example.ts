import { libraryProtocol } from '../library.js';
import { numericalFloorMpa } from '../peierls-stress.js';
import { sizeRatio } from '../slip-record-gate.js';
import type { SlipRecord } from '../slip-record.js';
import { dislocationClass, elementsOf, protocolOf } from './dislocation-class.js';
import { featuresOf, type Features } from './feature.js';

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
