import { shardSize, type Campaign } from '../../domain/campaign.js';
import { generateMaterials, type GeneratedMaterial } from '../../domain/candidate-generator.js';
import { buildPrototype, prototypes } from '../../domain/prototype.js';
import type { CandidateDocument, MaterialDocument } from './document.js';
import { pack } from './nested-array.js';

/** Materials of all generators of a campaign, in file order, without repeats. */
export function generatedMaterials(campaign: Campaign): MaterialDocument[] {
  const materials = campaign.candidates.flatMap((source) => ('files' in source || 'source' in source ? [] : generateMaterials(source)));
  return [...new Map(materials.map((material) => [material.sourceId, fromGenerator(material)])).values()];
}

/** Candidates of a campaign, one per usable material, dealt to shards in order. Two materials of one formula and prototype get numbered names. */
export function candidateDocuments(
  campaign: string,
  revision: number,
  materials: readonly MaterialDocument[],
  now: string,
): CandidateDocument[] {
  const seen = new Map<string, number>();
  const usable = materials.flatMap((material) => (material.prototype === undefined ? [] : [{ material, prototype: material.prototype }]));
  return usable.map(({ material, prototype }, index) => {
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
      updatedAt: now,
    };
  });
}

function fromGenerator({ sourceId, formula, prototype, occupants }: GeneratedMaterial): MaterialDocument {
  return {
    _id: `generator:${sourceId}`,
    formula,
    provenance: { source: 'generator', sourceId },
    prototype,
    occupants,
    structure: pack(buildPrototype(prototype, occupants)),
  };
}
