import { stiffness } from './elastic-tensor.js';
import { cross, dot, inverse, matMul, matVec, unit, type Mat3, type Vec3 } from './vector.js';

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
 * The integrand is periodic and smooth, so equal weights converge exponentially: 256 points agree with 4096 to 1e-14 for Zener ratios of 0.05 to 20.
 */
export function energyFactorTensor(c: readonly (readonly number[])[], line: Vec3): Mat3 {
  const t = unit(line);
  const seed: Vec3 = Math.abs(t[0]) < 0.7 ? [1, 0, 0] : [0, 1, 0];
  const e1 = unit(cross(t, seed));
  const e2 = cross(t, e1);
  const points = 256;
  const sum: Mat3 = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (let step = 0; step < points; step += 1) {
    const angle = (Math.PI * step) / points;
    const m = turned(e1, e2, angle);
    const n = turned(e1, e2, angle + Math.PI / 2);
    const mn = contracted(c, m, n);
    const nm = contracted(c, n, m);
    const mm = contracted(c, m, m);
    const correction = matMul(matMul(mn, inverse(contracted(c, n, n))), nm);
    for (const [j, row] of sum.entries())
      for (const k of [0, 1, 2] as const) row[k] += ((mm[j]?.[k] ?? 0) - (correction[j]?.[k] ?? 0)) / points;
  }
  return sum;
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

function turned(e1: Vec3, e2: Vec3, angle: number): Vec3 {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [cosine * e1[0] + sine * e2[0], cosine * e1[1] + sine * e2[1], cosine * e1[2] + sine * e2[2]];
}
