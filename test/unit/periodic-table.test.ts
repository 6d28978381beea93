import { describe, test } from 'vitest';
import { periodicPlaces } from '../../domain/periodic-table.js';

const places = periodicPlaces();

describe('the periodic table', () => {
  test.for([
    ['H', 1, 1],
    ['He', 1, 18],
    ['Be', 2, 2],
    ['B', 2, 13],
    ['Ar', 3, 18],
    ['Sc', 4, 3],
    ['Zn', 4, 12],
    ['Mo', 5, 6],
    ['Ba', 6, 2],
    ['La', 8, 3],
    ['Lu', 8, 17],
    ['Hf', 6, 4],
    ['W', 6, 6],
    ['Rn', 6, 18],
    ['U', 9, 6],
    ['Og', 7, 18],
  ] as const)('has %s in row %i, column %i', ([symbol, row, column], { expect }) => {
    expect(places.find((place) => place.symbol === symbol)).toEqual({ symbol, row, column });
  });

  test('puts no two elements in one place', ({ expect }) => {
    expect(new Set(places.map(({ row, column }) => `${row} ${column}`)).size).toBe(118);
  });
});
