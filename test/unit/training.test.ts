import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { parse } from 'yaml';
import { generatedMaterials } from '../../connectors/store/enumeration.js';
import { Campaign } from '../../domain/campaign.js';
import { campaignOf, Training } from '../../domain/training.js';

const minimal = {
  name: 'tiny',
  metals: [{ generator: 'pure', elements: ['Ni'] }],
  calculator: { name: 'lammps', potential: 'zhou2004' },
};

describe('a training file', () => {
  test('asks for the dislocations that are worth their time by default', ({ expect }) => {
    const { dislocations } = Training.parse(minimal);
    expect(dislocations.find(({ slipSystem }) => slipSystem === '{111}<110>')?.characters).toEqual(['screw']);
    expect(dislocations.find(({ slipSystem }) => slipSystem === '{110}<111>')?.characters).toEqual(['edge', 'screw']);
  });

  test('runs as a campaign over the slip systems it names', ({ expect }) => {
    const campaign = campaignOf(Training.parse(minimal));
    expect(Campaign.parse(campaign)).toEqual(campaign);
    expect(campaign.protocol.slipSystems).toContain('basal');
  });

  test.for([
    ['an unknown slip system', { dislocations: [{ slipSystem: '{123}<111>' }] }, /name a slip system of A1, A2 or A3/],
    ['an unknown key', { potentials: [] }, /potentials/],
    [
      'more components than elements',
      { metals: [{ generator: 'equimolar', prototypes: ['A1'], elements: ['Cu'], components: 2 }] },
      /as many elements/,
    ],
  ] as const)('is refused with %s', ([, change, message], { expect }) => {
    const parsed = Training.safeParse({ ...minimal, ...change });
    expect(parsed.success ? '' : JSON.stringify(parsed.error.issues)).toMatch(message);
  });

  test('of ours covers every pair and triple of 16 metals in three lattices', ({ expect }) => {
    const text = readFileSync(new URL('../../deploy/training/virtual-metals.yaml', import.meta.url), 'utf8');
    const materials = generatedMaterials(campaignOf(Training.parse(parse(text))));
    // 16 metals, 120 pairs at three fractions, 560 triples.
    expect(materials).toHaveLength(3 * (16 + 3 * 120 + 560));
  });
});
