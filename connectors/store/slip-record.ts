import type { CandidateDocument } from './document.js';
import type { ElasticProperty, GammaProperty, RelaxationProperty } from './property.js';
import { overallComposition } from '../../domain/formula.js';
import { parentCell, type PrototypeName } from '../../domain/prototype.js';
import { slipGeometry, slipSystem } from '../../domain/slip-system.js';
import { unit } from '../../domain/vector.js';
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
  const parent = latticeParameters(candidate.prototype, relaxation);
  const conventional = parentCell(relaxation.structure, candidate.prototype);
  return surfaces.flatMap((surface) => {
    const geometry = slipGeometry(conventional, slipSystem(surface.prototype, surface.slipSystem));
    const [u, v] = surface.burgersFraction;
    const [first, second] = surface.vectorsAngstrom;
    return characters.map((character): CandidateSlipRecord => ({
      id: `${candidate._id}/${surface.slipSystem}/${character}`,
      composition: overallComposition(relaxation.structure),
      lattice: candidate.lattice,
      ...parent,
      elastic_gpa: elastic.gpa,
      slip: {
        plane: planeFamily(surface),
        burgers_angstrom: surface.burgersAngstrom,
        burgers_in_plane_angstrom: [u * first[0] + v * second[0], u * first[1] + v * second[1]],
        normal: geometry.normal,
        direction: unit(geometry.burgers),
        system: surface.slipSystem,
      },
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
    }));
  });
}

/** Lattice parameters of the parent lattice, in which slip records are written: the cells of D0_3 and D0_19 are two of them wide. */
function latticeParameters(prototype: PrototypeName, { a, c }: RelaxationProperty): { a: number; c?: number } {
  const width = prototype === 'D0_3' || prototype === 'D0_19' ? a / 2 : a;
  return c === undefined ? { a: width } : { a: width, c };
}

/** `{111}<110>` and `{111}<110]` belong to the family `{111}`; hexagonal planes have names. */
function planeFamily(surface: GammaProperty): string {
  return /^\{[^}]+\}/.exec(surface.slipSystem)?.[0] ?? surface.slipSystem.replace(/-(majority|mixed)$/, '');
}
