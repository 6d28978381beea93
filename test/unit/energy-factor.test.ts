import { describe, it } from 'vitest';
import { elasticMatrix } from '../../domain/elastic-symmetry.js';
import { energyFactor, energyFactorTensor } from '../../domain/energy-factor.js';
import type { Vec3 } from '../../domain/vector.js';
import { crcCubic, crcHexagonal } from './data/crc-elastic.js';

/**
 * Reference: an independent Barnett-Lothe integration from the same CRC constants (400 points, agreement with closed forms to 1e-12), and
 * the closed forms themselves. Numbers are given to 0.01 GPa, so the tolerance is half of that.
 */
const tolerance = 0.00501;

const fcc: [string, number, number][] = [
  ['Ag', 48.15, 26.44],
  ['Al', 39.99, 25.62],
  ['Au', 49.61, 24.87],
  ['Cu', 74.19, 42.22],
  ['Ni', 122.09, 76.08],
  ['Pd', 79.32, 42.79],
  ['Pt', 105.78, 60.6],
  ['Pb', 15.28, 7.42],
];
const bcc: [string, number, number, number][] = [
  ['Cr', 139.65, 139.82, 124.38],
  ['Fe', 115.81, 119.4, 58.72],
  ['Mo', 173.76, 174.1, 136.14],
  ['Nb', 60.7, 61.4, 44.31],
  ['Ta', 106.16, 106.8, 61.09],
  ['V', 73.68, 73.79, 50.58],
  ['W', 222.29, 222.29, 159.53],
];
const hcp: [string, number, number, number][] = [
  ['Be', 144.93, 154.26, 146.9],
  ['Co', 109.22, 124.72, 73.24],
  ['Mg', 24.02, 24.61, 16.52],
  ['Ti', 55.14, 67.64, 40.54],
  ['Zn', 77.79, 55.56, 49.68],
  ['Zr', 53.22, 53.95, 33.61],
];

describe('energy factor', () => {
  it.for(fcc)('of fcc %s is that of the reference for {111} edge and screw', ([element, edge, screw], { expect }) => {
    const c = elasticMatrix('cubic', crcCubic[element] ?? {});
    const system = { normal: [1, 1, 1] as Vec3, burgers: [1, -1, 0] as Vec3 };
    expect(Math.abs(energyFactor(c, { ...system, character: 'edge' }) - edge)).toBeLessThan(tolerance);
    expect(Math.abs(energyFactor(c, { ...system, character: 'screw' }) - screw)).toBeLessThan(tolerance);
  });

  it.for(bcc)(
    'of bcc %s is that of the reference for {110} edge, {112} edge and screw',
    ([element, edge110, edge112, screw], { expect }) => {
      const c = elasticMatrix('cubic', crcCubic[element] ?? {});
      const burgers: Vec3 = [1, 1, 1];
      expect(Math.abs(energyFactor(c, { normal: [1, -1, 0], burgers, character: 'edge' }) - edge110)).toBeLessThan(tolerance);
      expect(Math.abs(energyFactor(c, { normal: [1, 1, -2], burgers, character: 'edge' }) - edge112)).toBeLessThan(tolerance);
      expect(Math.abs(energyFactor(c, { normal: [1, -1, 0], burgers, character: 'screw' }) - screw)).toBeLessThan(tolerance);
    },
  );

  it.for(hcp)('of hcp %s is that of the reference for prism edge, basal edge and screw', ([element, prism, basal, screw], { expect }) => {
    const c = elasticMatrix('hexagonal', crcHexagonal[element] ?? {});
    const burgers: Vec3 = [1, 0, 0];
    expect(Math.abs(energyFactor(c, { normal: [0, 1, 0], burgers, character: 'edge' }) - prism)).toBeLessThan(tolerance);
    expect(Math.abs(energyFactor(c, { normal: [0, 0, 1], burgers, character: 'edge' }) - basal)).toBeLessThan(tolerance);
    expect(Math.abs(energyFactor(c, { normal: [0, 0, 1], burgers, character: 'screw' }) - screw)).toBeLessThan(tolerance);
  });

  it('of an isotropic body is mu for a screw and mu / (1 - nu) for an edge', ({ expect }) => {
    // C11 = 110, C12 = 50, C44 = 30: mu = 30, nu = C12 / (C11 + C12) = 0.3125.
    const c = elasticMatrix('cubic', { C11: 110, C12: 50, C44: 30 });
    expect(energyFactor(c, { normal: [0, 1, 2], burgers: [3, 2, -1], character: 'screw' })).toBeCloseTo(30, 9);
    expect(energyFactor(c, { normal: [0, 1, 2], burgers: [3, 2, -1], character: 'edge' })).toBeCloseTo(30 / (1 - 0.3125), 9);
  });

  it('has a symmetric tensor that does not depend on the sense of the line', ({ expect }) => {
    const c = elasticMatrix('hexagonal', crcHexagonal['Zn'] ?? {});
    const forward = energyFactorTensor(c, [1, 2, 3]);
    const backward = energyFactorTensor(c, [-1, -2, -3]);
    for (const j of [0, 1, 2] as const) {
      for (const k of [0, 1, 2] as const) {
        expect(forward[j][k]).toBeCloseTo(forward[k][j], 9);
        expect(forward[j][k]).toBeCloseTo(backward[j][k], 9);
      }
    }
  });

  it('refuses a Burgers vector outside the slip plane', ({ expect }) => {
    const c = elasticMatrix('cubic', crcCubic['Cu'] ?? {});
    expect(() => energyFactor(c, { normal: [1, 1, 1], burgers: [1, 1, 0], character: 'edge' })).toThrow('does not lie in the slip plane');
  });
});
