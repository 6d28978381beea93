import { InvalidInput } from '../../../domain/failures.js';
import type { Structure } from '../../../domain/structure.js';
import { determinant, inverse, vecMat, type Mat3, type Vec3 } from '../../../domain/vector.js';
import { accepted, elementIn, entryOf, stem, type RawStructure, type StructureEntry } from './entry.js';
import { field, instantField, isObject, listField, textField, vectorIn } from './json-value.js';

/** Whether a JSON value is one of the forms that `readPymatgen` reads. */
export function isPymatgen(content: unknown): boolean {
  const [first] = documents(content);
  return (
    isObject(first) &&
    (isObject(first['structure']) || isObject(first['lattice']) || textField(first, '@module')?.startsWith('pymatgen') === true)
  );
}

/**
 * Structures as `Structure.as_dict()` writes them: one, an array of them, or documents of the Materials Project that hold one under
 * `structure` (bare, in an array, or under `data`), whose id, date and version are kept.
 */
export function readPymatgen(content: unknown, file: string): StructureEntry[] {
  const list = documents(content);
  return list.map((document, index) => {
    const inner = field(document, 'structure');
    const path = `${list.length > 1 ? `[${index}]` : ''}${inner === undefined ? '' : `${list.length > 1 ? '.' : ''}structure`}`;
    const sourceId =
      textField(document, 'material_id') ?? textField(document, 'id') ?? (list.length > 1 ? `${stem(file)}-${index + 1}` : stem(file));
    const lastUpdated = instantField(document, 'last_updated');
    const databaseVersion = textField(field(document, 'builder_meta'), 'database_version');
    const licence = textField(field(document, 'builder_meta'), 'license');
    const provenance = {
      source: 'file' as const,
      file,
      format: 'pymatgen' as const,
      sourceId,
      ...(lastUpdated === undefined ? {} : { lastUpdated }),
      ...(databaseVersion === undefined ? {} : { databaseVersion }),
      ...(licence === undefined ? {} : { licence }),
    };
    return entryOf(provenance, () => crystal(inner ?? document, path, file));
  });
}

function documents(content: unknown): unknown[] {
  return Array.isArray(content) ? content : (listField(content, 'data') ?? [content]);
}

function crystal(value: unknown, path: string, file: string): Structure {
  const at = (rest: string): string => (path === '' || rest === '' ? path + rest : `${path}.${rest}`);
  const kind = textField(value, '@class') ?? 'Structure';
  if (kind !== 'Structure')
    throw new InvalidInput('this is not a crystal', {
      file,
      path: at('@class'),
      value: kind,
      remedy: 'Only pymatgen Structure objects can be used',
    });
  const pbc = listField(field(value, 'lattice'), 'pbc');
  if (pbc !== undefined && !pbc.every((one) => one === true))
    throw new InvalidInput('the structure is not periodic in three directions', {
      file,
      path: at('lattice.pbc'),
      value: pbc,
      remedy: 'Only bulk crystals can be used',
    });
  const matrix = listField(field(value, 'lattice'), 'matrix');
  const sites = listField(value, 'sites');
  if (matrix?.length !== 3)
    throw new InvalidInput('the lattice matrix is missing', {
      file,
      path: at('lattice.matrix'),
      value: matrix,
      remedy: 'Write the structure with Structure.as_dict()',
    });
  if (sites === undefined)
    throw new InvalidInput('the list of sites is missing', {
      file,
      path: at('sites'),
      remedy: 'Write the structure with Structure.as_dict()',
    });
  const lattice: Mat3 = [vectorIn(matrix[0]), vectorIn(matrix[1]), vectorIn(matrix[2])];
  return accepted(
    { lattice, latticePlace: at('lattice.matrix'), sites: sites.map((site, index) => atom(site, lattice, at(`sites[${index}]`))) },
    file,
  );
}

function atom(site: unknown, lattice: Mat3, place: string): RawStructure['sites'][number] {
  const species = listField(site, 'species') ?? [];
  const [first] = species;
  const occupancy = field(first, 'occu');
  const label = textField(first, 'element') ?? 'X';
  const shared = species.length > 1 ? species.map((one) => textField(one, 'element') ?? 'X').join('/') : undefined;
  return {
    species: shared ?? elementIn(label),
    occupancy: shared === undefined ? (typeof occupancy === 'number' ? occupancy : 1) : Number(occupancy) || 0,
    position: position(site, lattice),
    place,
  };
}

/** `abc` is fractional; old files hold only the cartesian `xyz`. */
function position(site: unknown, lattice: Mat3): Vec3 {
  if (listField(site, 'abc') !== undefined) return vectorIn(field(site, 'abc'));
  return Math.abs(determinant(lattice)) > 1 ? vecMat(vectorIn(field(site, 'xyz')), inverse(lattice)) : [Number.NaN, Number.NaN, Number.NaN];
}
