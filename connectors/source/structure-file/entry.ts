import { ElementSymbol } from '../../../domain/element.js';
import { InvalidInput } from '../../../domain/failures.js';
import { Structure } from '../../../domain/structure.js';
import { determinant, norm, vecMat, type Mat3, type Vec3 } from '../../../domain/vector.js';

/** Where a structure came from. `sourceId`, version and date are what the file itself says. */
export interface StructureProvenance {
  source: 'file';
  file: string;
  format: 'cif' | 'poscar' | 'extxyz' | 'pymatgen' | 'optimade';
  sourceId: string;
  databaseVersion?: string;
  lastUpdated?: string;
  licence?: string;
  url?: string;
}

/** One entry of a file: usable, or kept with the reason why it is not. */
export type StructureEntry =
  | { kind: 'accepted'; id: string; structure: Structure; provenance: StructureProvenance }
  | { kind: 'rejected'; id: string; reason: string };

/** Atoms as a file tells them, before anything was asked of them. `place` says where in the file: `line 12`, `sites[3]`. */
export interface RawStructure {
  lattice: Mat3;
  latticePlace: string;
  sites: { species: string; occupancy: number; position: Vec3; place: string }[];
}

/** Larger cells are not the crystals we screen. */
const mostSites = 1000;

/**
 * The structure of an entry, or a rejection: partly occupied or vacant sites, a lattice that is not finite and right-handed, too many sites,
 * or two atoms in one place. Throws `InvalidInput`; `entryOf` turns that into a rejection.
 */
export function accepted(raw: RawStructure, file: string): Structure {
  checkLattice(raw, file);
  if (raw.sites.length === 0) throw new InvalidInput('there are no atoms', { file, path: 'sites', remedy: 'Give at least one atom' });
  if (raw.sites.length > mostSites)
    throw new InvalidInput(`the cell holds more than ${mostSites} atoms`, {
      file,
      path: 'sites',
      value: raw.sites.length,
      remedy: 'Give the primitive or conventional cell',
    });
  for (const { species, occupancy, position, place: path } of raw.sites) {
    if (Math.abs(occupancy - 1) > 1e-6)
      throw new InvalidInput(`${species} has a partial occupancy`, {
        file,
        path,
        value: occupancy,
        remedy: 'Give an ordered structure, or screen the solid solution by its composition',
      });
    if (!ElementSymbol.safeParse(species).success)
      throw new InvalidInput('this is no chemical element', {
        file,
        path,
        value: species,
        remedy: 'Vacancies, dummies and groups of atoms cannot be used',
      });
    if (!position.every(Number.isFinite))
      throw new InvalidInput('the position is not finite', { file, path, value: String(position), remedy: 'Write the file again' });
  }
  checkOverlap(raw, file);
  return Structure.parse({
    lattice: raw.lattice,
    sites: raw.sites.map(({ species, position: [x, y, z] }) => ({ species, position: [wrapped(x), wrapped(y), wrapped(z)] })),
    species: Object.fromEntries(raw.sites.map(({ species }) => [species, { [species]: 1 }])),
  });
}

/** Runs the reading of one entry, so that a bad one does not hide the others. */
export function entryOf(provenance: StructureProvenance, read: () => Structure): StructureEntry {
  try {
    return { kind: 'accepted', id: provenance.sourceId, structure: read(), provenance };
  } catch (error) {
    if (error instanceof InvalidInput) return { kind: 'rejected', id: provenance.sourceId, reason: error.message };
    throw error;
  }
}

/** `Al`, `AL`, `Al3+`, `Al1`, `Fe_pv`, `Al/0a1b` -> the element symbol; anything else comes back unchanged, to be rejected by name. */
export function elementIn(label: string): string {
  const letters = /^[A-Za-z]+/.exec(label.trim())?.[0] ?? label;
  const asWritten = `${letters.slice(0, 1).toUpperCase()}${letters.slice(1).toLowerCase()}`;
  return ElementSymbol.safeParse(asWritten).success ? asWritten : label;
}

/** A text without its folder and extension: `in/Al.cif` -> `Al`. */
export function stem(file: string): string {
  const name = file.split(/[\\/]/).at(-1) ?? file;
  return name.replace(/\.[A-Za-z0-9]+$/, '') || name;
}

function checkLattice({ lattice, latticePlace: path }: RawStructure, file: string): void {
  const value = lattice.map((row) => row.join(' ')).join('; ');
  if (!lattice.flat().every(Number.isFinite))
    throw new InvalidInput('the lattice is not finite', { file, path, value, remedy: 'Write the file again' });
  const volume = determinant(lattice);
  if (volume < 0)
    throw new InvalidInput('the lattice vectors are left-handed', {
      file,
      path,
      value,
      remedy: 'Exchange two vectors and the same coordinates of each atom',
    });
  if (volume < 1 || lattice.some((row) => norm(row) > 1000))
    throw new InvalidInput('the lattice vectors are not those of a crystal, in angstrom', {
      file,
      path,
      value,
      remedy: 'Give three independent vectors in angstrom',
    });
}

/** Closer than 0.5 angstrom no two nuclei are: an unmarked split site. Half lattice vectors bound the nearest image well enough for that. */
function checkOverlap({ lattice, sites }: RawStructure, file: string): void {
  for (const [index, site] of sites.entries()) {
    for (const other of sites.slice(0, index)) {
      const [x, y, z] = site.position.map((value, k) => centred(value - (other.position[k] ?? 0)));
      if (norm(vecMat([x ?? 0, y ?? 0, z ?? 0], lattice)) > 0.5) continue;
      const remedy = 'Give an ordered structure with one atom on each site';
      throw new InvalidInput(`${site.species} and ${other.species} stand in one place`, {
        file,
        path: site.place,
        value: String(site.position),
        remedy,
      });
    }
  }
}

function wrapped(value: number): number {
  const inside = value - Math.floor(value);
  return inside > 1 - 1e-9 ? 0 : inside;
}

function centred(value: number): number {
  return value - Math.round(value);
}
