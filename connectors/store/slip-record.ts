import type { CandidateDocument } from './document.js';
import type { ElasticProperty, GammaProperty, RelaxationProperty } from './property.js';
import { overallComposition } from '../../domain/formula.js';
import type { SlipRecord } from '../../domain/slip-record.js';

/** A slip record of ours: the exchange format with the slip system's full name beside the plane. */
export type CandidateSlipRecord = SlipRecord & { slip: { system: string } };

const characters = ['edge', 'screw'] as const;

/** The slip records of a candidate, without Peierls stresses: what predictors read and `show` prints. */
export function slipRecords(
  candidate: Pick<CandidateDocument, '_id' | 'lattice' | 'formula' | 'prototype'>,
  relaxation: RelaxationProperty,
  elastic: ElasticProperty,
  surfaces: readonly GammaProperty[],
): CandidateSlipRecord[] {
  return surfaces.flatMap((surface) =>
    characters.map((character): CandidateSlipRecord => ({
      id: `${candidate._id}/${surface.slipSystem}/${character}`,
      composition: overallComposition(relaxation.structure),
      lattice: candidate.lattice,
      a: relaxation.a,
      ...(relaxation.c !== undefined && { c: relaxation.c }),
      elastic_gpa: elastic.gpa,
      slip: { plane: planeFamily(surface), burgers_angstrom: surface.burgersAngstrom, system: surface.slipSystem },
      gamma: {
        points: surface.points,
        vectors_angstrom: surface.vectorsAngstrom,
        mj_per_m2: surface.mjPerM2,
      },
      character,
      formula: candidate.formula,
      prototype: candidate.prototype,
      cut: surface.cut,
      geometry: surface.geometry,
    })),
  );
}

/** `{111}<110>` and `{111}<110]` belong to the family `{111}`; hexagonal planes have names. */
function planeFamily(surface: GammaProperty): string {
  return /^\{[^}]+\}/.exec(surface.slipSystem)?.[0] ?? surface.slipSystem.replace(/-(majority|mixed)$/, '');
}
