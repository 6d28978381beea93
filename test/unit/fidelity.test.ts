import { describe, it } from 'vitest';
import { Campaign, campaignComputers, campaignRungs } from '../../domain/campaign.js';
import { isAbove, Promotion, promotions, type Contender } from '../../domain/fidelity.js';

const contender = (candidate: string, peierlsMpa: number, changes: Partial<Contender> = {}): Contender => ({
  candidate,
  peierlsMpa,
  interval90: [peierlsMpa / 1.5, peierlsMpa * 1.5],
  domain: 'inside',
  topProbability: 0,
  ...changes,
});
const rule = (changes: Partial<Promotion> = {}) => Promotion.parse({ top: 2, probability: 0.5, uncertain: 10, ...changes });
const names = (found: { candidate: string }[]) => found.map(({ candidate }) => candidate);

describe('promotion to the next rung', () => {
  const strong = contender('strong', 1000, { topProbability: 0.9 });
  const good = contender('good', 900, { topProbability: 0.6 });
  const weak = contender('weak', 10, { topProbability: 0.01 });
  const unclear = contender('unclear', 300, { topProbability: 0.2, interval90: [100, 1500] });
  const strange = contender('strange', 700, { topProbability: 0.3, domain: 'outside' });

  it('takes the promising first, by their probability, then the uncertain, by how strong they may be', ({ expect }) => {
    expect(promotions([weak, unclear, good, strange, strong], rule())).toEqual([
      { candidate: 'strong', why: 'promising' },
      { candidate: 'good', why: 'promising' },
      { candidate: 'unclear', why: 'uncertain' },
      { candidate: 'strange', why: 'uncertain' },
    ]);
  });

  it('leaves alone what is uncertain but weak at its best', ({ expect }) => {
    const hopeless = contender('hopeless', 20, { interval90: [1, 800] });
    expect(names(promotions([strong, good, hopeless], rule()))).toEqual(['strong', 'good']);
  });

  it('takes no more than it is told, and none for uncertainty where that does not count', ({ expect }) => {
    expect(names(promotions([unclear, good, strange, strong], rule({ most: 1 })))).toEqual(['strong']);
    expect(names(promotions([unclear, good, strange, strong], rule({ uncertain: false })))).toEqual(['strong', 'good']);
  });

  it('gives the same answer in whatever order it is asked', ({ expect }) => {
    const twins = ['b', 'a', 'c'].map((name) => contender(name, 500, { topProbability: 0.7 }));
    expect(names(promotions(twins, rule()))).toEqual(['a', 'b', 'c']);
    expect(names(promotions(twins.toReversed(), rule()))).toEqual(['a', 'b', 'c']);
  });

  it('of nobody is nobody', ({ expect }) => {
    expect(promotions([], rule())).toEqual([]);
  });
});

describe('the rungs of a campaign', () => {
  const file = {
    name: 'ladder',
    candidates: [{ generator: 'pure', elements: ['Al'] }],
    calculator: { name: 'lammps', potential: 'zhou2004' },
    computer: ['here', 'there'],
  };

  it('are one where the file names none, and a definition without them keeps its hash', ({ expect }) => {
    const campaign = Campaign.parse(file);
    expect(campaignRungs(campaign).map(({ calculator }) => calculator.name)).toEqual(['lammps']);
    expect('fidelity' in campaign).toBe(false);
  });

  it('take from the campaign what they do not say themselves', ({ expect }) => {
    const campaign = Campaign.parse({
      ...file,
      fidelity: [
        { calculator: { name: 'ase', model: 'mace' } },
        {
          calculator: { name: 'quantum-espresso' },
          computer: 'big',
          wallTimeSeconds: 86_400,
          protocol: { slipSystems: 'all' },
          promote: { top: 3 },
        },
      ],
    });
    const [md, mlff, dft] = campaignRungs(campaign);
    expect(md).toMatchObject({ computers: ['here', 'there'], wallTimeSeconds: 3600 });
    expect(md?.promote).toBeUndefined();
    expect(mlff).toMatchObject({ computers: ['here', 'there'], promote: { top: 10, probability: 0.25, uncertain: 10 } });
    expect(dft).toMatchObject({ computers: ['big'], wallTimeSeconds: 86_400, protocol: { slipSystems: 'all' }, promote: { top: 3 } });
    expect(campaignComputers(campaign)).toEqual(['here', 'there', 'big']);
  });

  it.for([
    [{ calculator: {} }, /name the calculator/],
    [{ calculator: { name: 'ase' }, promote: { top: 0 } }, /too small|>=1/i],
    [{ calculator: { name: 'ase' }, promote: { uncertain: 1 } }, /too small/i],
    [{ calculator: { name: 'ase' }, promoted: {} }, /unrecognized key/i],
  ])('that make no sense are refused: %j', ([rung, message], { expect }) => {
    expect(() => Campaign.parse({ ...file, fidelity: [rung] })).toThrow(message);
  });
});

it('levels of theory have an order', ({ expect }) => {
  expect([isAbove('mlff', 'md'), isAbove('dft', 'mlff'), isAbove('md', 'md'), isAbove('md', 'dft')]).toEqual([true, true, false, false]);
});
