import { describe, it } from 'vitest';
import { symmetricEigen, symmetricFunction } from '../../domain/eigen.js';
import { elasticMatrix, independentConstants, nearestConstants } from '../../domain/elastic-symmetry.js';
import { asymmetry, ElasticTensor, polycrystalModuli, pughRatio, rotate, symmetrise, zenerRatio } from '../../domain/elastic-tensor.js';
import { transpose, type Mat3 } from '../../domain/vector.js';
import { crcCubic, crcHexagonal } from './data/crc-elastic.js';
import { randomNumbers, randomRotation } from './data/random.js';

const copper: ElasticTensor = { gpa: elasticMatrix('cubic', crcCubic['Cu'] ?? {}), axes: 'crystal' };
const zinc: ElasticTensor = { gpa: elasticMatrix('hexagonal', crcHexagonal['Zn'] ?? {}), axes: 'crystal' };

describe('eigenvalues of a symmetric matrix', () => {
  it('are those of a matrix built from known ones', ({ expect }) => {
    const turn = randomRotation(randomNumbers(7));
    const values = [-3, 0.5, 40];
    const matrix = turn.map((row) =>
      turn.map((other) => values.reduce((sum, value, k) => sum + value * (row[k] ?? 0) * (other[k] ?? 0), 0)),
    );
    const found = symmetricEigen(matrix);
    for (const [k, value] of values.entries()) expect(found.values[k]).toBeCloseTo(value, 10);
  });

  it('give the inverse of an elastic matrix', ({ expect }) => {
    const compliance = symmetricFunction(zinc.gpa, (x) => 1 / x);
    for (const [i, row] of zinc.gpa.entries()) {
      for (const j of [0, 1, 2, 3, 4, 5])
        expect(row.reduce((sum, entry, k) => sum + entry * (compliance[k]?.[j] ?? 0), 0)).toBeCloseTo(i === j ? 1 : 0, 10);
    }
  });
});

describe('elastic tensor', () => {
  it('has as many independent constants as Nye counts', ({ expect }) => {
    const count = (system: Parameters<typeof independentConstants>[0]): number => independentConstants(system).length;
    expect([count('cubic'), count('hexagonal'), count('tetragonal'), count('orthorhombic'), count('triclinic')]).toEqual([3, 5, 6, 9, 21]);
  });

  it('refuses a matrix with NaN or a missing row', ({ expect }) => {
    expect(ElasticTensor.safeParse({ gpa: [...copper.gpa.slice(1), [Number.NaN, 0, 0, 0, 0, 0]], axes: 'crystal' }).success).toBe(false);
    expect(ElasticTensor.safeParse({ gpa: copper.gpa.slice(1), axes: 'crystal' }).success).toBe(false);
  });

  it('keeps its averages under any rotation', ({ expect }) => {
    const random = randomNumbers(11);
    const before = polycrystalModuli(zinc);
    for (let trial = 0; trial < 20; trial += 1) {
      const after = polycrystalModuli(rotate(zinc, randomRotation(random)));
      expect(after.bulk.hill).toBeCloseTo(before.bulk.hill, 9);
      expect(after.shear.reuss).toBeCloseTo(before.shear.reuss, 9);
      expect(after.shear.voigt).toBeCloseTo(before.shear.voigt, 9);
      expect(after.poisson).toBeCloseTo(before.poisson, 11);
    }
  });

  it('comes back when rotated there and back', ({ expect }) => {
    const turn = randomRotation(randomNumbers(3));
    const back = rotate(rotate(zinc, turn), transpose(turn));
    for (const [i, row] of zinc.gpa.entries()) for (const [j, value] of row.entries()) expect(back.gpa[i]?.[j]).toBeCloseTo(value, 9);
  });

  it('does not change under the symmetry of its crystal', ({ expect }) => {
    const sixty: Mat3 = [
      [0.5, Math.sqrt(3) / 2, 0],
      [-Math.sqrt(3) / 2, 0.5, 0],
      [0, 0, 1],
    ];
    const turned = rotate(zinc, sixty);
    for (const [i, row] of zinc.gpa.entries()) for (const [j, value] of row.entries()) expect(turned.gpa[i]?.[j]).toBeCloseTo(value, 9);
  });

  it('gives Voigt, Reuss and Hill averages of cubic crystals by the closed forms', ({ expect }) => {
    // GV = (C11-C12+3C44)/5, GR = 5(C11-C12)C44/(4C44+3(C11-C12)), B = (C11+2C12)/3; copper, CRC constants.
    const { bulk, shear, young, poisson } = polycrystalModuli(copper);
    const [c11, c12, c44] = [168.3, 121.2, 75.7];
    expect(bulk.voigt).toBeCloseTo((c11 + 2 * c12) / 3, 9);
    expect(bulk.reuss).toBeCloseTo((c11 + 2 * c12) / 3, 9);
    expect(shear.voigt).toBeCloseTo((c11 - c12 + 3 * c44) / 5, 9);
    expect(shear.reuss).toBeCloseTo((5 * (c11 - c12) * c44) / (4 * c44 + 3 * (c11 - c12)), 9);
    expect(young).toBeCloseTo(2 * shear.hill * (1 + poisson), 9);
    expect(zenerRatio(copper)).toBeCloseTo((2 * c44) / (c11 - c12), 9);
    expect(pughRatio(polycrystalModuli(copper))).toBeCloseTo(bulk.hill / shear.hill, 12);
  });

  it('is projected onto hexagonal symmetry by Browaeys and Chevrot (2004), and only once', ({ expect }) => {
    const matrix = elasticMatrix('orthorhombic', { C11: 110, C22: 130, C33: 150, C12: 50, C13: 44, C23: 46, C44: 30, C55: 34, C66: 40 });
    const projected = symmetrise({ gpa: matrix, axes: 'crystal' }, 'hexagonal');
    expect(projected.gpa[0]?.[0]).toBeCloseTo((3 / 8) * 240 + 50 / 4 + 40 / 2, 9);
    expect(projected.gpa[0]?.[1]).toBeCloseTo(240 / 8 + (3 / 4) * 50 - 40 / 2, 9);
    expect(projected.gpa[0]?.[2]).toBeCloseTo(45, 9);
    expect(projected.gpa[3]?.[3]).toBeCloseTo(32, 9);
    expect(
      symmetrise(projected, 'hexagonal')
        .gpa.flat()
        .every((value, k) => Math.abs(value - (projected.gpa.flat()[k] ?? 0)) < 1e-9),
    ).toBe(true);
  });

  it('refuses to be symmetrised in axes that are not those of the crystal', ({ expect }) => {
    expect(() => symmetrise(rotate(copper, randomRotation(randomNumbers(1))), 'cubic')).toThrow('crystal axes');
  });

  it('gives back constants from the columns that were measured alone', ({ expect }) => {
    const constants = nearestConstants('hexagonal', zinc.gpa, [0, 2, 3]);
    for (const [name, value] of Object.entries(crcHexagonal['Zn'] ?? {})) expect(constants[name]).toBeCloseTo(value, 9);
    expect(asymmetry(zinc.gpa)).toBe(0);
  });
});
