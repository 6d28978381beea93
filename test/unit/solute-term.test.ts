import { describe, test } from 'vitest';
import type { CandidateDocument } from '../../connectors/store/document.js';
import { pureVolumes, soluteColumns } from '../../connectors/store/solute-term.js';

type Input = Pick<CandidateDocument, 'lattice' | 'prototype' | 'summary' | 'predictions'>;

function candidate(composition: Record<string, number>, densityGPerCm3: number, change: Partial<Input> = {}): Input {
  const predictions = (['edge', 'screw'] as const).map((character) => ({
    slipSystem: 's',
    character,
    peierlsMpa: character === 'edge' ? 10 : 30,
  }));
  return {
    lattice: 'fcc',
    prototype: 'A1',
    predictions: predictions as CandidateDocument['predictions'],
    summary: {
      a: 3.6,
      energyPerAtomEv: -3,
      bulkGpa: 140,
      shearGpa: 50,
      youngGpa: 130,
      pugh: 0.36,
      faults: [{ slipSystem: 's', unstable: 100, intrinsic: 30, burgersAngstrom: 2.55 }],
      warnings: [],
      composition,
      densityGPerCm3,
      constants: { C11: 170, C12: 122, C44: 76 },
      poisson: 0.34,
    },
    ...change,
  };
}
const half = { Cu: 0.5, Ni: 0.5 };
const volumes = pureVolumes([candidate({ Cu: 1 }, 8.93), candidate({ Ni: 1 }, 8.94)]);

describe('the solute term of a candidate', () => {
  test('takes the volumes of the campaign, in angstrom cubed, where it has all of them', ({ expect }) => {
    expect(volumes.get('fcc Cu')).toBeCloseTo(11.82, 1);
    expect(soluteColumns(candidate(half, 8.95), volumes).soluteVolumes).toBe('campaign');
    // One of two is not enough: the table's Ni beside the potential's Cu would be a misfit of its own.
    const one = soluteColumns(candidate(half, 8.95), pureVolumes([candidate({ Cu: 1 }, 5)]));
    expect(one.soluteVolumes).toBe('tables');
    expect(one).toEqual(soluteColumns(candidate(half, 8.95), new Map()));
  });

  test('is added to both characters in fcc and to edges in bcc', ({ expect }) => {
    const fcc = soluteColumns(candidate(half, 8.95), volumes);
    expect(fcc.peierlsPlusSoluteMpa).toBeCloseTo(30 + (fcc.soluteMpa ?? Number.NaN), 9);
    const bcc = soluteColumns(candidate({ Mo: 0.5, Nb: 0.5 }, 9, { lattice: 'bcc', prototype: 'A2' }), new Map());
    expect(bcc.soluteMpa).toBeGreaterThan(20);
    expect(bcc.peierlsPlusSoluteMpa).toBeCloseTo(Math.max(30, 10 + (bcc.soluteMpa ?? Number.NaN)), 9);
  });

  test('is none for pure, ordered and hexagonal crystals, and for those of older versions', ({ expect }) => {
    for (const other of [
      candidate({ Cu: 1 }, 8.93),
      candidate(half, 8.95, { prototype: 'L1_0' }),
      candidate(half, 8.95, { lattice: 'hcp', prototype: 'A3' }),
    ])
      expect(soluteColumns(other, volumes)).toMatchObject({ soluteMpa: null, peierlsPlusSoluteMpa: null });
    const { composition: _composition, constants: _constants, ...older } = candidate(half, 8.95).summary ?? {};
    expect(
      soluteColumns({ ...candidate(half, 8.95), summary: older as CandidateDocument['summary'] & object }, volumes).soluteMpa,
    ).toBeNull();
  });
});
