import { describe, test } from 'vitest';
import { pack, unpack } from '../../connectors/store/nested-array.js';

describe('values as the store holds them', () => {
  test('have no array directly inside an array', ({ expect }) => {
    expect(pack([[1, 2], [[3]], []])).toEqual([{ row: [1, 2] }, { row: [{ row: [3] }] }, { row: [] }]);
  });

  test('have no dot in a key', ({ expect }) => {
    expect(pack({ 'Cu0.5Pt0.5': { A: 1 } })).toEqual({ 'Cu0\uFF0E5Pt0\uFF0E5': { A: 1 } });
  });

  test('have no undefined', ({ expect }) => {
    expect(Object.keys(pack({ a: undefined, b: 1 }))).toEqual(['b']);
  });

  test.for([
    [
      {
        lattice: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
        species: { 'Cu0.5Pt0.5': { Cu: 0.5, Pt: 0.5 } },
      },
    ],
    [[[[[1]], [[2, 3]]], []]],
    [{ row: [1, 2] }],
    [[1, 'two', null, true]],
    [null],
    ['text'],
    [0],
    [{}],
    [[]],
  ])('come back as they were: %j', ([value], { expect }) => {
    expect(unpack(pack(value))).toEqual(value);
  });

  test('that were never packed come back as they are', ({ expect }) => {
    const plain = { name: 'Cu', sites: [1, 2] } as unknown as Parameters<typeof unpack>[0];
    expect(unpack(plain)).toEqual(plain);
  });
});
