import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { parse } from 'yaml';
import { loadTraining } from '../../cli/campaign-file.js';
import { generatedMaterials } from '../../connectors/store/enumeration.js';
import { Campaign } from '../../domain/campaign.js';
import { campaignsOf, Training } from '../../domain/training.js';

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
    const [campaign] = campaignsOf(Training.parse(minimal));
    expect(Campaign.parse(campaign)).toEqual(campaign);
    expect(campaign?.protocol.slipSystems).toContain('basal');
  });

  test.for([
    ['an unknown slip system', { dislocations: [{ slipSystem: '{123}<111>' }] }, /name a slip system of A1, A2 or A3/],
    ['an unknown key', { temperature: 300 }, /temperature/],
    [
      'a potential named twice',
      { potentials: [{ perturb: { seed: 1, amount: 0.1 } }, { perturb: { amount: 0.1, seed: 1 } }] },
      /named once/,
    ],
    [
      'more components than elements',
      { metals: [{ generator: 'equimolar', prototypes: ['A1'], elements: ['Cu'], components: 2 }] },
      /as many elements/,
    ],
  ] as const)('is refused with %s', ([, change, message], { expect }) => {
    const parsed = Training.safeParse({ ...minimal, ...change });
    expect(parsed.success ? '' : JSON.stringify(parsed.error.issues)).toMatch(message);
  });

  test('runs as one campaign for each of its potentials', ({ expect }) => {
    const perturbations = [1, 2].map((seed) => ({ perturb: { seed, amount: 0.1 } }));
    const campaigns = campaignsOf(Training.parse({ ...minimal, potentials: perturbations }));
    expect(campaigns.map(({ name, calculator }) => ({ name, calculator }))).toEqual([
      { name: 'tiny-1', calculator: { name: 'lammps', potential: 'zhou2004', ...perturbations[0] } },
      { name: 'tiny-2', calculator: { name: 'lammps', potential: 'zhou2004', ...perturbations[1] } },
    ]);
  });

  test('is refused with the place of a potential that cannot be used', async ({ expect }) => {
    const file = join(mkdtempSync(join(tmpdir(), 'peierls-training-')), 'training.yaml');
    writeFileSync(file, JSON.stringify({ ...minimal, potentials: [{}, { potential: 'sutton-chen', perturb: { seed: 1, amount: 0.1 } }] }));
    await expect(loadTraining(file, {})).rejects.toThrow(/training\.yaml: potentials\[1\]: .*sutton-chen/);
  });

  test('of ours covers every pair and triple of 16 metals in three lattices', ({ expect }) => {
    const text = readFileSync(new URL('../../deploy/training/virtual-metals.yaml', import.meta.url), 'utf8');
    const [campaign] = campaignsOf(Training.parse(parse(text)));
    const materials = campaign === undefined ? [] : generatedMaterials(campaign);
    // 16 metals, 120 pairs at three fractions, 560 triples.
    expect(materials).toHaveLength(3 * (16 + 3 * 120 + 560));
  });
});
