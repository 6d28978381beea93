import { shardSize, type Campaign } from '../../domain/campaign.js';
import { generateMaterials, type GeneratedMaterial } from '../../domain/candidate-generator.js';
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
    const same = isFromDatabase(material) ? others.find((other) => sameShape(other.material, material)) : undefined;
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

function sameShape(one: MaterialDocument, other: MaterialDocument): boolean {
  return Math.abs(axialRatio(one) / axialRatio(other) - 1) < sameAxialRatio;
}

function axialRatio({ structure }: MaterialDocument): number {
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
