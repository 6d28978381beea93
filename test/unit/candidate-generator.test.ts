import { describe, test } from 'vitest';
import { CandidateSource } from '../../domain/campaign.js';
import { generateMaterials } from '../../domain/candidate-generator.js';

type Generator = Parameters<typeof generateMaterials>[0];
const names = (source: unknown) => generateMaterials(CandidateSource.parse(source) as Generator).map(({ sourceId }) => sourceId);

describe('the generator of pure metals', () => {
  test('takes the ground state of each element and skips what has none of ours', ({ expect }) => {
    // Ground states: Villars, Pearson's Crystal Data; silicon is diamond, gallium orthorhombic.
    expect(names({ generator: 'pure', elements: ['Cu', 'W', 'Mg', 'Si', 'Ga'] })).toEqual(['Cu-A1', 'W-A2', 'Mg-A3']);
  });

  test('takes the named prototypes for every element', ({ expect }) => {
    expect(names({ generator: 'pure', elements: ['Cu', 'Si'], prototypes: ['A1', 'A3'] })).toEqual(['Cu-A1', 'Cu-A3', 'Si-A1', 'Si-A3']);
  });
});

describe('the generator of ordered compounds', () => {
  test('puts the first element of a pair on the majority sublattice', ({ expect }) => {
    expect(
      names({
        generator: 'ordered',
        prototypes: ['L1_2'],
        pairs: [
          ['Ni', 'Al'],
          ['Al', 'Ni'],
        ],
      }),
    ).toEqual(['AlNi3-L1_2', 'Al3Ni-L1_2']);
  });

  test('counts A-B and B-A once where both sublattices are alike', ({ expect }) => {
    expect(names({ generator: 'ordered', prototypes: ['B2', 'L1_0'], elements: ['Ni', 'Al'] })).toEqual(['AlNi-B2', 'AlNi-L1_0']);
  });

  test('makes both orders of every pair where they differ', ({ expect }) => {
    expect(names({ generator: 'ordered', prototypes: ['D0_19'], elements: ['Ti', 'Al', 'Mg'] })).toEqual([
      'AlTi3-D0_19',
      'MgTi3-D0_19',
      'Al3Ti-D0_19',
      'Al3Mg-D0_19',
      'Mg3Ti-D0_19',
      'AlMg3-D0_19',
    ]);
  });
});

describe('the generator of solid solutions', () => {
  test('keeps pairs of one lattice by default', ({ expect }) => {
    const source = { generator: 'solid-solution', prototypes: ['A1', 'A2'], elements: ['Cu', 'Au', 'W', 'Fe'], fractions: [0.5] };
    expect(names(source)).toEqual(['Au0.5Cu0.5-A1', 'Fe0.5W0.5-A2']);
  });

  test('mixes any pair on any lattice when told so', ({ expect }) => {
    const source = { generator: 'solid-solution', prototypes: ['A1', 'A2'], pairs: [['Cu', 'W']], fractions: [0.25], sameLattice: false };
    expect(names(source)).toEqual(['Cu0.25W0.75-A1', 'Cu0.25W0.75-A2']);
  });

  test('gives each fraction to the first element of the pair', ({ expect }) => {
    const source = { generator: 'solid-solution', prototypes: ['A1'], pairs: [['Pt', 'Cu']] };
    expect(names(source)).toEqual(['Cu0.75Pt0.25-A1', 'Cu0.5Pt0.5-A1', 'Cu0.25Pt0.75-A1']);
  });

  test('occupies its one sublattice with fractions that sum to 1', ({ expect }) => {
    const source = { generator: 'solid-solution', prototypes: ['A1'], pairs: [['Pt', 'Cu']], fractions: [0.3] };
    const [material] = generateMaterials(CandidateSource.parse(source) as Generator);
    expect(material).toMatchObject({ formula: 'Cu0.7Pt0.3', prototype: 'A1', occupants: { A: { Pt: 0.3, Cu: 0.7 } } });
  });

  test('does not repeat a composition that two pairs give', ({ expect }) => {
    const source = {
      generator: 'solid-solution',
      prototypes: ['A1'],
      pairs: [
        ['Cu', 'Au'],
        ['Au', 'Cu'],
      ],
      fractions: [0.5],
    };
    expect(names(source)).toEqual(['Au0.5Cu0.5-A1']);
  });
});
