import { elasticGates } from '../../domain/elastic-gate.js';
import type { ElasticMatrix } from '../../domain/elastic-tensor.js';
import { overallComposition, prettyName } from '../../domain/formula.js';
import { buildPrototype, prototypes } from '../../domain/prototype.js';
import type { Structure } from '../../domain/structure.js';
import type { MaterialDocument } from '../store/document.js';
import { pack } from '../store/nested-array.js';
import type { PrototypeMatch } from './match-prototype.js';
import type { SourceRecord } from './source.js';

type Matcher = (structure: Structure) => PrototypeMatch;
type Crystal = Pick<MaterialDocument, 'formula' | 'prototype' | 'occupants' | 'structure' | 'refused'>;

/** What a structure is to us: a prototype in our axes, or the reason why it is none. */
export function crystalOf(structure: Structure, match: Matcher): Crystal {
  const formula = prettyName(structure);
  const found = match(structure);
  if (found.kind === 'unmatched') return { formula, refused: found.reason };
  const { prototype, occupants, a, c } = found;
  return { formula, prototype, occupants, structure: pack(buildPrototype(prototype, occupants, c === undefined ? { a } : { a, c })) };
}

/** The document of an entry of a database. Structures of what cannot be screened stay there; its address and reason are kept. */
export function materialDocument(record: SourceRecord, origin: string, databaseVersion: string | null, match: Matcher): MaterialDocument {
  const { sourceId, lastUpdated, licence, url, structure, refused, elasticGpa, digest } = record;
  const reason = refused ?? (structure === undefined ? 'the database gives no structure' : noPrototype(structure));
  const crystal: Crystal =
    structure === undefined || reason !== undefined
      ? { formula: record.formula, ...(reason !== undefined && { refused: reason }) }
      : crystalOf(structure, match);
  return {
    _id: `${origin}:${sourceId}`,
    ...crystal,
    provenance: {
      source: origin,
      sourceId,
      ...(databaseVersion !== null && { databaseVersion }),
      ...(lastUpdated !== undefined && { lastUpdated }),
      ...(licence !== undefined && { licence }),
      ...(url !== undefined && { url }),
    },
    ...(elasticGpa !== undefined && crystal.prototype !== undefined && { reference: reference(elasticGpa, crystal.prototype) }),
    digest,
  };
}

/** Only A, AB and A3B can be one of our prototypes: seen without a symmetry analysis, which most of a database is spared. */
function noPrototype(structure: Structure): string | undefined {
  const fractions = Object.values(overallComposition(structure)).toSorted((a, b) => b - a);
  const [most = 0] = fractions;
  if (fractions.length > 2) return `it has ${fractions.length} elements; none of our prototypes has more than 2`;
  if ([1, 1 / 2, 3 / 4].some((share) => Math.abs(most - share) < 1e-9)) return undefined;
  return `its composition ${prettyName(structure)} is none of A, AB and A3B`;
}

/** The database's own tensor, with what is wrong with it. Databases hold tensors that no crystal has (emmet#1499). */
function reference(gpa: ElasticMatrix, prototype: keyof typeof prototypes): NonNullable<MaterialDocument['reference']> {
  const { passed, gates } = elasticGates({ gpa, axes: 'crystal' }, prototypes[prototype].crystalSystem);
  return {
    elasticGpa: pack(gpa),
    axes: 'ieee',
    passed,
    failures: gates.flatMap((gate) => (gate.passed ? [] : [gate.message])),
  };
}
