import type { CandidateDocument, PropertyDocument } from '../connectors/store/document.js';
import { unpack } from '../connectors/store/nested-array.js';
import { ElasticProperty, GammaProperty, RelaxationProperty } from '../connectors/store/property.js';
import { slipRecords } from '../connectors/store/slip-record.js';
import { readSlipRecord, type SlipRecord } from '../domain/slip-record.js';

export interface CandidateRecord {
  record: SlipRecord;
  slipSystem: string;
  character: 'edge' | 'screw';
  /** Standard error of ln(unstable fault), where the gamma surface is a mean over arrangements of atoms. */
  gammaLnError?: number;
}

/** The slip records of a candidate that a predictor may be asked about, and why the others may not. */
export function candidateRecords(
  candidate: Pick<CandidateDocument, '_id' | 'lattice' | 'formula' | 'prototype'>,
  relaxation: RelaxationProperty,
  elastic: ElasticProperty,
  surfaces: readonly GammaProperty[],
): { records: CandidateRecord[]; refused: string[] } {
  const entries = slipRecords(candidate, relaxation, elastic, surfaces).map((record) => ({
    entry: readSlipRecord(record, record.id),
    slipSystem: record.slip.system,
    character: record.character,
  }));
  return {
    records: entries.flatMap(({ entry, slipSystem, character }) =>
      entry.kind === 'read' ? [{ record: entry.record, slipSystem, character, ...meanError(surfaces, slipSystem) }] : [],
    ),
    refused: entries.flatMap(({ entry }) => (entry.kind === 'refused' ? [entry.error] : [])),
  };
}

function meanError(surfaces: readonly GammaProperty[], slipSystem: string): Pick<CandidateRecord, 'gammaLnError'> {
  const { arrangements, unstable } = surfaces.find((surface) => surface.slipSystem === slipSystem) ?? {};
  return arrangements === undefined || unstable === undefined ? {} : { gammaLnError: arrangements.unstableErrorMjPerM2 / unstable.mjPerM2 };
}

/** The same from the properties in the store; undefined while its crystal or elastic constants are missing. */
export function recordsOf(candidate: CandidateDocument, properties: readonly PropertyDocument[]): CandidateRecord[] | undefined {
  const values = (kind: string): unknown[] => properties.filter((it) => it.kind === kind).map(({ value }) => unpack(value));
  const [relaxation] = values('relaxation');
  const [elastic] = values('elastic-tensor');
  if (relaxation === undefined || elastic === undefined) return undefined;
  const surfaces = values('gamma-surface').map((value) => GammaProperty.parse(value));
  return candidateRecords(candidate, RelaxationProperty.parse(relaxation), ElasticProperty.parse(elastic), surfaces).records;
}
