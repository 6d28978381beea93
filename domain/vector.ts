/** Small dense linear algebra on plain arrays. Rows are vectors; nothing here mutates its arguments. */
export type Vec2 = [number, number];
export type Vec3 = [number, number, number];
export type Mat3 = [Vec3, Vec3, Vec3];

export const identity3: Mat3 = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function norm(a: Vec3): number {
  return Math.hypot(a[0], a[1], a[2]);
}

export function scale(a: Vec3, factor: number): Vec3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function add(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function unit(a: Vec3): Vec3 {
  return scale(a, 1 / norm(a));
}

/** Row vector times matrix: turns fractional coordinates into cartesian ones when `m` holds lattice vectors as rows. */
export function vecMat(v: Vec3, m: Mat3): Vec3 {
  return [
    v[0] * m[0][0] + v[1] * m[1][0] + v[2] * m[2][0],
    v[0] * m[0][1] + v[1] * m[1][1] + v[2] * m[2][1],
    v[0] * m[0][2] + v[1] * m[1][2] + v[2] * m[2][2],
  ];
}

/** Matrix times column vector. */
export function matVec(m: Mat3, v: Vec3): Vec3 {
  return [dot(m[0], v), dot(m[1], v), dot(m[2], v)];
}

export function matMul(a: Mat3, b: Mat3): Mat3 {
  return [vecMat(a[0], b), vecMat(a[1], b), vecMat(a[2], b)];
}

export function transpose(m: Mat3): Mat3 {
  return [
    [m[0][0], m[1][0], m[2][0]],
    [m[0][1], m[1][1], m[2][1]],
    [m[0][2], m[1][2], m[2][2]],
  ];
}

export function determinant(m: Mat3): number {
  return dot(m[0], cross(m[1], m[2]));
}

/** Inverse of a 3x3 matrix. Throws `RangeError` when singular. */
export function inverse(m: Mat3): Mat3 {
  const det = determinant(m);
  if (Math.abs(det) < 1e-12) throw new RangeError(`matrix is singular (determinant ${det})`);
  return transpose([scale(cross(m[1], m[2]), 1 / det), scale(cross(m[2], m[0]), 1 / det), scale(cross(m[0], m[1]), 1 / det)]);
}
