import { InvalidInput } from '../../../domain/failures.js';
import type { Structure } from '../../../domain/structure.js';
import { determinant, inverse, vecMat, type Mat3 } from '../../../domain/vector.js';
import { accepted, entryOf, type StructureEntry } from './entry.js';
import { field, instantField, isObject, listField, textField, vectorIn } from './json-value.js';

/** Whether a JSON value is an OPTIMADE response or a single entry. */
export function isOptimade(content: unknown): boolean {
  const data = field(content, 'data') ?? content;
  const first: unknown = Array.isArray(data) ? data[0] : data;
  if (Array.isArray(data) && data.length === 0) return isObject(field(content, 'meta'));
  return isObject(field(first, 'attributes'));
}

/** The entries of an OPTIMADE response (specification v1.2, "structures"), whether `data` holds a list, one entry, or is the entry itself. */
export function readOptimade(content: unknown, file: string): StructureEntry[] {
  const data = field(content, 'data') ?? content;
  const list: unknown[] = Array.isArray(data) ? data : [data];
  const version = textField(field(field(content, 'meta'), 'database'), 'version');
  return list.map((entry, index) => optimadeEntry(entry, Array.isArray(data) ? `data[${index}]` : 'data', file, version));
}

/** The bulk form: one JSON object a line, a header first; lines of other entry types (info, references) are passed over. */
export function readOptimadeLines(text: string, file: string): StructureEntry[] {
  const entries: StructureEntry[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (line.trim() === '') continue;
    const place = `line ${index + 1}`;
    const value = parsedLine(line);
    if (value === undefined)
      entries.push({
        kind: 'rejected',
        id: place,
        reason: `${file}: ${place}: this is not JSON (found ${JSON.stringify(line.slice(0, 40))}). Download the file again`,
      });
    else if (field(value, 'type') === 'structures') entries.push(optimadeEntry(value, place, file, undefined));
  }
  return entries;
}

/** One entry. Accepts only what is an ordered bulk crystal by its own words; the rest is rejected with the reason. */
export function optimadeEntry(entry: unknown, path: string, file: string, databaseVersion: string | undefined): StructureEntry {
  const identity = field(entry, 'id');
  const sourceId = typeof identity === 'string' || typeof identity === 'number' ? String(identity) : path;
  const attributes = field(entry, 'attributes');
  const lastUpdated = instantField(attributes, 'last_modified');
  const url = textField(field(entry, 'links'), 'self') ?? textField(field(field(entry, 'links'), 'self'), 'href');
  const provenance = {
    source: 'file' as const,
    file,
    format: 'optimade' as const,
    sourceId,
    ...(databaseVersion === undefined ? {} : { databaseVersion }),
    ...(lastUpdated === undefined ? {} : { lastUpdated }),
    ...(url === undefined ? {} : { url }),
  };
  return entryOf(provenance, () => crystal(attributes, `${path}.attributes`, file));
}

function crystal(attributes: unknown, path: string, file: string): Structure {
  const refuse = (problem: string, name: string, remedy: string): InvalidInput =>
    new InvalidInput(problem, { file, path: `${path}.${name}`, value: field(attributes, name), remedy });
  const dimensions = listField(attributes, 'dimension_types');
  if (dimensions?.length !== 3 || !dimensions.every((one) => one === 1))
    throw refuse('the structure is not periodic in three directions', 'dimension_types', 'Ask for dimension_types [1,1,1]');
  const features = listField(attributes, 'structure_features');
  if (features !== undefined && features.length > 0)
    throw refuse(
      'the structure is not fully described by its atoms',
      'structure_features',
      'Disorder, implicit atoms and attachments cannot be used',
    );
  const vectors = listField(attributes, 'lattice_vectors');
  const positions = listField(attributes, 'cartesian_site_positions');
  const labels = listField(attributes, 'species_at_sites');
  if (vectors?.length !== 3) throw refuse('three lattice vectors are needed', 'lattice_vectors', 'Ask for the field in response_fields');
  if (positions === undefined) throw refuse('positions are missing', 'cartesian_site_positions', 'Ask for the field in response_fields');
  if (labels?.length !== positions.length)
    throw refuse(
      `there are ${positions.length} positions and ${labels?.length ?? 0} species`,
      'species_at_sites',
      'Both lists need one value for each site',
    );
  const count = field(attributes, 'nsites');
  if (typeof count === 'number' && count !== positions.length)
    throw refuse(`there are ${positions.length} positions`, 'nsites', 'The entry contradicts itself');
  const lattice: Mat3 = [vectorIn(vectors[0]), vectorIn(vectors[1]), vectorIn(vectors[2])];
  const solid = lattice.flat().every(Number.isFinite) && Math.abs(determinant(lattice)) > 1e-6;
  const toFractional = solid ? inverse(lattice) : lattice;
  const sites = positions.map((position, index) => ({
    ...speciesNamed(attributes, labels[index]),
    position: vecMat(vectorIn(position), toFractional),
    place: `${path}.cartesian_site_positions[${index}]`,
  }));
  return accepted({ lattice, latticePlace: `${path}.lattice_vectors`, sites }, file);
}

/** One symbol at full concentration is an element; several, or `vacancy` or `X`, are named as they are, to be rejected by name. */
function speciesNamed(attributes: unknown, label: unknown): { species: string; occupancy: number } {
  const found = listField(attributes, 'species')?.find((one) => textField(one, 'name') === label);
  const symbols = listField(found, 'chemical_symbols') ?? [];
  const [share] = listField(found, 'concentration') ?? [];
  if (symbols.length !== 1 || typeof symbols[0] !== 'string')
    return {
      species: symbols.length === 0 ? `undescribed species ${String(label)}` : symbols.join('/'),
      occupancy: typeof share === 'number' ? share : 0,
    };
  return { species: symbols[0], occupancy: typeof share === 'number' ? share : 1 };
}

function parsedLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
