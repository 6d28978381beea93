import { interpolatedPage, shardSize, type Campaign } from '../../domain/campaign.js';
import { chooseSample } from '../../domain/composition-sample.js';
import { generateMaterials, type GeneratedMaterial } from '../../domain/candidate-generator.js';
import type { Composition } from '../../domain/composition.js';
import { buildPrototype, prototypes, type PrototypeName } from '../../domain/prototype.js';
import { norm } from '../../domain/vector.js';
import type { CandidateDocument, MaterialDocument } from './document.js';
import { pack, unpack } from './nested-array.js';

/** Materials of all generators of a campaign, in file order, without repeats. */
export function generatedMaterials(campaign: Campaign): MaterialDocument[] {
  const materials = campaign.candidates.flatMap((source) => ('files' in source || 'source' in source ? [] : generateMaterials(source)));
  return [...new Map(materials.map((material) => [material.sourceId, fromGenerator(material)])).values()];
}

/** Axial ratios further apart than this are different crystals, or may relax to different ones. */
const sameAxialRatio = 0.1;

/**
 * Candidates of a campaign, one per crystal, dealt to shards in order. A material of a database that is the same crystal as an earlier
 * material joins its candidate: sizes differ between databases, and are relaxed. Others of one formula and prototype get numbered names.
 */
export function candidateDocuments(
  campaign: string,
  revision: number,
  materials: readonly MaterialDocument[],
  now: string,
): CandidateDocument[] {
  const seen = new Map<string, number>();
  return distinctCrystals(materials).map(({ material, prototype, sameAs }, index) => {
    const name = `${material.formula}-${prototype}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return {
      _id: `${campaign}/${name}${count === 1 ? '' : `-${count}`}`,
      campaign,
      revision,
      shard: Math.floor(index / shardSize),
      index,
      material: material._id,
      formula: material.formula,
      lattice: prototypes[prototype].parent,
      prototype,
      state: 'pending',
      calculations: [],
      predictions: [],
      ...(isFromDatabase(material) && material.structure !== undefined && { structure: material.structure }),
      ...(sameAs.length > 0 && { sameAs }),
      updatedAt: now,
    };
  });
}

/**
 * The candidates of a campaign that simulates a sample only. Those to be simulated come first, in shards; the others follow in pages of their own,
 * which are numbered after the shards. Ordered compounds, and all that comes from files and databases, are simulated: between two of them there is nothing.
 */
export function sampledCandidates(
  candidates: readonly CandidateDocument[],
  materials: readonly MaterialDocument[],
  sample: Campaign['sample'],
): CandidateDocument[] {
  if (sample === undefined) return [...candidates];
  const compositions = new Map(
    materials.flatMap(({ _id, prototype = 'B2', occupants }): [string, Composition][] =>
      solidSolutions.has(prototype) && occupants !== undefined ? [[_id, occupants.A]] : [],
    ),
  );
  const mixtures = candidates.flatMap((candidate) => {
    const composition = compositions.get(candidate.material);
    return composition === undefined ? [] : [{ ...candidate, composition }];
  });
  const places = chooseSample(
    mixtures.map(({ prototype, composition }) => ({ family: prototype, composition })),
    sample.candidates,
  );
  const chosen = new Set(places.flatMap((place) => mixtures[place]?._id ?? []));
  const marked = new Map(mixtures.map((mixture) => [mixture._id, mixture]));
  const isSimulated = ({ _id }: CandidateDocument): boolean => chosen.has(_id) || !marked.has(_id);
  const simulated = candidates.filter((candidate) => isSimulated(candidate)).map((candidate) => marked.get(candidate._id) ?? candidate);
  const shards = Math.ceil(simulated.length / shardSize);
  const others = mixtures.filter((candidate) => !isSimulated(candidate));
  return [
    ...simulated.map((candidate, index) => ({ ...candidate, index, shard: Math.floor(index / shardSize) })),
    ...others.map((candidate, place) => ({
      ...candidate,
      index: simulated.length + place,
      shard: shards + Math.floor(place / interpolatedPage),
      interpolate: true as const,
    })),
  ];
}

const solidSolutions: ReadonlySet<PrototypeName> = new Set(['A1', 'A2', 'A3']);

interface Crystal {
  material: MaterialDocument;
  prototype: PrototypeName;
  sameAs: string[];
}

function distinctCrystals(materials: readonly MaterialDocument[]): Crystal[] {
  const crystals: Crystal[] = [];
  const byName = new Map<string, Crystal[]>();
  for (const material of materials) {
    const { prototype, formula, _id } = material;
    if (prototype === undefined) continue;
    const name = `${formula}-${prototype}`;
    const others = byName.get(name) ?? [];
    const same = isFromDatabase(material) ? others.find((other) => sameCrystal(other.material, material)) : undefined;
    if (same === undefined) {
      const crystal = { material, prototype, sameAs: [] };
      crystals.push(crystal);
      byName.set(name, [...others, crystal]);
    } else if (same.material._id !== _id && !same.sameAs.includes(_id)) same.sameAs.push(_id);
  }
  return crystals;
}

function isFromDatabase({ digest }: MaterialDocument): boolean {
  return digest !== undefined;
}

/** Whether two crystals of one formula and prototype are the same: sizes differ between databases, and are relaxed. */
export function sameCrystal(one: Pick<MaterialDocument, 'structure'>, other: Pick<MaterialDocument, 'structure'>): boolean {
  return Math.abs(axialRatio(one) / axialRatio(other) - 1) < sameAxialRatio;
}

function axialRatio({ structure }: Pick<MaterialDocument, 'structure'>): number {
  if (structure === undefined) return Number.NaN;
  const { lattice } = unpack(structure);
  return norm(lattice[2]) / norm(lattice[0]);
}

function fromGenerator({ sourceId, formula, prototype, occupants, structure }: GeneratedMaterial): MaterialDocument {
  return {
    _id: `generator:${sourceId}`,
    formula,
    provenance: { source: 'generator', sourceId },
    prototype,
    occupants,
    structure: pack(structure ?? buildPrototype(prototype, occupants)),
  };
}
