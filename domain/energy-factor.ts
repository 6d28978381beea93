import { stiffness } from './elastic-tensor.js';
import { cross, dot, inverse, matMul, matVec, transpose, unit, type Mat3, type Vec3 } from './vector.js';

/** A straight dislocation; directions in the axes of the elastic matrix, any length. */
export interface DislocationGeometry {
  /** Slip plane normal. */
  normal: Vec3;
  burgers: Vec3;
  /** Edge: line = normal x burgers. Screw: line = burgers. */
  character: 'edge' | 'screw';
}

/** Energy factor K, GPa, of E/L = K b^2 / (4 pi) ln(R/r0): the shear modulus for a screw in an isotropic body, mu/(1-nu) for an edge. */
export function energyFactor(c: readonly (readonly number[])[], geometry: DislocationGeometry): number {
  const direction = unit(geometry.burgers);
  return dot(direction, matVec(energyFactorTensor(c, lineDirection(geometry)), direction));
}

/** Line direction of a dislocation of that character. Throws `RangeError` when the Burgers vector does not lie in the slip plane. */
export function lineDirection({ normal, burgers, character }: DislocationGeometry): Vec3 {
  if (Math.abs(dot(unit(normal), unit(burgers))) > 1e-3) throw new RangeError('the Burgers vector does not lie in the slip plane');
  return unit(character === 'edge' ? cross(normal, burgers) : burgers);
}

/**
 * Energy factor tensor, GPa, of a straight line in any direction, by the Barnett-Lothe integral
 *   K = (1/pi) int_0^pi [ (mm) - (mn)(nn)^-1(nm) ] dw,   (ab)_jk = a_i C_ijkl b_l,
 * where m, n are orthonormal, normal to the line, and turned by w (Barnett & Lothe, Phys. Norv. 7, 13 (1973); Hirth & Lothe, ch. 13).
 * The integrand is periodic and smooth, so equal weights converge exponentially: 256 points agree with 4096 to 1e-14 for Zener ratios of 0.05 to 20,
 * and for most crystals 32 are enough. Points are doubled until the tensor stands still.
 */
export function energyFactorTensor(c: readonly (readonly number[])[], line: Vec3): Mat3 {
  const t = unit(line);
  const seed: Vec3 = Math.abs(t[0]) < 0.7 ? [1, 0, 0] : [0, 1, 0];
  const e1 = unit(cross(t, seed));
  const e2 = cross(t, e1);
  // (ab) is bilinear: for m = cos e1 + sin e2 and n = -sin e1 + cos e2 all four follow from these.
  const [q, r, s] = [contracted(c, e1, e1), contracted(c, e1, e2), contracted(c, e2, e2)];
  const rt = transpose(r);
  const integrand = (angle: number): Mat3 => {
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const [cc, cs, ss] = [cosine * cosine, cosine * sine, sine * sine];
    const combined = (at: (j: 0 | 1 | 2, k: 0 | 1 | 2) => number): Mat3 => [
      [at(0, 0), at(0, 1), at(0, 2)],
      [at(1, 0), at(1, 1), at(1, 2)],
      [at(2, 0), at(2, 1), at(2, 2)],
    ];
    const mm = combined((j, k) => cc * q[j][k] + cs * (r[j][k] + rt[j][k]) + ss * s[j][k]);
    const nn = combined((j, k) => ss * q[j][k] - cs * (r[j][k] + rt[j][k]) + cc * s[j][k]);
    const mn = combined((j, k) => cs * (s[j][k] - q[j][k]) + cc * r[j][k] - ss * rt[j][k]);
    const correction = matMul(matMul(mn, inverse(nn)), transpose(mn));
    return combined((j, k) => mm[j][k] - correction[j][k]);
  };
  const meanAt = (points: number, offset: number): Mat3 => {
    const sum = zero();
    for (let step = 0; step < points; step += 1) addTo(sum, integrand((Math.PI * (step + offset)) / points), 1 / points);
    return sum;
  };
  let [points, mean] = [32, meanAt(32, 0)];
  while (points < 256) {
    const finer = zero();
    addTo(finer, mean, 0.5);
    addTo(finer, meanAt(points, 0.5), 0.5);
    const change = Math.max(...finer.flatMap((row, j) => row.map((entry, k) => Math.abs(entry - (mean[j]?.[k] ?? 0)))));
    [points, mean] = [2 * points, finer];
    if (change < standstill * Math.max(...finer.flat().map(Math.abs))) break;
  }
  return mean;
}

/** Relative change of the largest entry at which doubling the points stops; the error after it is the square of that. */
const standstill = 1e-9;

function zero(): Mat3 {
  return [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
}

function addTo(sum: Mat3, matrix: Mat3, factor: number): void {
  for (const j of [0, 1, 2] as const) for (const k of [0, 1, 2] as const) sum[j][k] += factor * matrix[j][k];
}

/** (ab)_jk = a_i C_ijkl b_l. */
function contracted(c: readonly (readonly number[])[], a: Vec3, b: Vec3): Mat3 {
  const entry = (j: number, k: number): number => {
    let sum = 0;
    for (const i of [0, 1, 2] as const) for (const l of [0, 1, 2] as const) sum += a[i] * stiffness(c, i, j, k, l) * b[l];
    return sum;
  };
  const row = (j: number): Vec3 => [entry(j, 0), entry(j, 1), entry(j, 2)];
  return [row(0), row(1), row(2)];
}
