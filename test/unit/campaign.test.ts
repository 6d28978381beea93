import { describe, test } from 'vitest';
import {
  calculationWorkflowId,
  Campaign,
  campaignWorkflowId,
  candidateWorkflowId,
  gammaGeometry,
  shardWorkflowId,
} from '../../domain/campaign.js';

const minimal = {
  name: 'al-cu',
  candidates: [{ generator: 'pure', elements: ['Cu'] }],
  calculator: { name: 'lammps', potential: 'zhou2004' },
};

/** Every message of a refusal, with those of the members of a union. */
function problems(change: object): string {
  return JSON.stringify(Campaign.safeParse({ ...minimal, ...change }).error?.issues ?? 'accepted');
}

describe('a campaign file', () => {
  test('needs a name, a source and a calculator; the rest has defaults', ({ expect }) => {
    expect(Campaign.parse(minimal)).toMatchObject({
      description: '',
      computer: 'local',
      limits: { concurrentCandidates: 12, attempts: 3, wallTimeSeconds: 3600 },
      protocol: { slipSystems: 'primary', gamma: {} },
      candidates: [{ generator: 'pure', elements: ['Cu'], prototypes: 'ground-state' }],
    });
  });

  test('computes gamma surfaces in slabs, and in tilted cells from first principles, unless it says otherwise', ({ expect }) => {
    const { protocol } = Campaign.parse(minimal);
    expect([gammaGeometry(protocol, 'md'), gammaGeometry(protocol, 'dft')]).toEqual(['slab', 'tilted']);
    const slab = Campaign.parse({ ...minimal, protocol: { gamma: { geometry: 'slab' } } });
    expect(gammaGeometry(slab.protocol, 'dft')).toBe('slab');
  });

  test('parses to itself a second time', ({ expect }) => {
    const once = Campaign.parse(minimal);
    expect(Campaign.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  test.for([
    ['an unknown key', { noSuchKey: 1 }, 'noSuchKey'],
    ['an unknown key of the limits', { limits: { attemps: 3 } }, 'attemps'],
    ['an unknown key of the protocol', { protocol: { gamma: { gridd: [4, 4] } } }, 'gridd'],
    ['an unknown key of a source', { candidates: [{ generator: 'pure', elements: ['Cu'], element: 'Cu' }] }, 'element'],
    ['an unknown generator', { candidates: [{ generator: 'random', elements: ['Cu'] }] }, 'generator'],
    ['no source at all', { candidates: [] }, 'name at least one source of candidates'],
    ['an unknown element', { candidates: [{ generator: 'pure', elements: ['Xx'] }] }, 'elements'],
    ['an element in the wrong case', { candidates: [{ generator: 'pure', elements: ['cu'] }] }, 'elements'],
    ['an element named twice', { candidates: [{ generator: 'pure', elements: ['Cu', 'Cu'] }] }, 'each element may be named once'],
    ['no element', { candidates: [{ generator: 'pure', elements: [] }] }, 'name at least one element'],
    [
      'a compound of one element',
      { candidates: [{ generator: 'ordered', prototypes: ['B2'], elements: ['Ni'] }] },
      'two elements make a compound',
    ],
    [
      'a pair of one element',
      { candidates: [{ generator: 'ordered', prototypes: ['B2'], pairs: [['Ni', 'Ni']] }] },
      'a pair needs two different elements',
    ],
    [
      'both pairs and elements',
      { candidates: [{ generator: 'ordered', prototypes: ['B2'], pairs: [['Ni', 'Al']], elements: ['Ni', 'Al'] }] },
      String.raw`give either \"pairs\" or \"elements\"`,
    ],
    [
      'neither pairs nor elements',
      { candidates: [{ generator: 'solid-solution', prototypes: ['A1'] }] },
      String.raw`give either \"pairs\" or \"elements\"`,
    ],
    [
      'a fraction of 1',
      { candidates: [{ generator: 'solid-solution', prototypes: ['A1'], pairs: [['Cu', 'Au']], fractions: [1] }] },
      'a fraction lies between 0 and 1',
    ],
    [
      'a negative fraction',
      { candidates: [{ generator: 'solid-solution', prototypes: ['A1'], pairs: [['Cu', 'Au']], fractions: [-0.1] }] },
      'a fraction lies between 0 and 1',
    ],
    [
      'an ordered prototype of a solid solution',
      { candidates: [{ generator: 'solid-solution', prototypes: ['L1_2'], pairs: [['Cu', 'Au']] }] },
      'prototypes',
    ],
    [
      'a pair that the same lattice leaves out',
      {
        candidates: [
          {
            generator: 'solid-solution',
            prototypes: ['A2'],
            pairs: [
              ['Mo', 'W'],
              ['Cu', 'W'],
            ],
          },
        ],
      },
      'Cu is fcc and W is bcc at rest, so sameLattice leaves this pair out of A2',
    ],
    [
      'a pair that the same lattice leaves out of quasirandom cells',
      { candidates: [{ generator: 'sqs', prototypes: ['A1', 'A2'], pairs: [['Cu', 'W']] }] },
      'say \\"sameLattice: false\\"',
    ],
    ['a name with a slash, which would break ids', { name: 'al/cu' }, 'a name has 1-63'],
    ['a name in capitals', { name: 'Al-Cu' }, 'a name has 1-63'],
    ['an empty name', { name: '' }, 'a name has 1-63'],
    ['no candidates under evaluation', { limits: { concurrentCandidates: 0 } }, 'concurrentCandidates'],
    ['a negative wall time', { limits: { wallTimeSeconds: -1 } }, 'wallTimeSeconds'],
    ['half an attempt', { limits: { attempts: 1.5 } }, 'attempts'],
    ['a calculator without a name', { calculator: { potential: 'zhou2004' } }, 'name the calculator'],
    ['a gamma grid of one point', { protocol: { gamma: { grid: [1, 4] } } }, 'grid'],
  ] as const)('with %s is refused', ([, change, message], { expect }) => {
    expect(problems(change)).toContain(message);
  });
});

describe('the ids of workflows', () => {
  test('are readable, sortable and follow from the names alone', ({ expect }) => {
    expect(campaignWorkflowId('al-cu')).toBe('campaign/al-cu');
    expect(shardWorkflowId('al-cu', 17)).toBe('campaign/al-cu/shard/0017');
    expect(candidateWorkflowId('al-cu/AlCu-B2')).toBe('candidate/al-cu/AlCu-B2');
    expect(calculationWorkflowId('abc')).toBe('calculation/abc');
  });
});
