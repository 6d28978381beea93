import type { StressVoigt } from '../../../domain/point.js';
import { cross, dot, matMul, norm, transpose, unit, type Mat3 } from '../../../domain/vector.js';

/** LAMMPS wants a along x and b in the xy plane; a task may have other axes. Row vectors: x_task = x_lammps R. */
export interface Frame {
  /** Lattice vectors (rows) in the LAMMPS frame: lower triangular. */
  lattice: Mat3;
  /** R. Its rows are the LAMMPS axes seen from the task. */
  rotation: Mat3;
}

export function lammpsFrame(lattice: Mat3): Frame {
  const [a, b, c] = lattice;
  const x = unit(a);
  const z = unit(cross(a, b));
  const y = cross(z, x);
  const rotation: Mat3 = [x, y, z];
  return {
    lattice: [
      [norm(a), 0, 0],
      [dot(b, x), dot(b, y), 0],
      [dot(c, x), dot(c, y), dot(c, z)],
    ],
    rotation,
  };
}

/** Lattice vectors of the LAMMPS frame in the axes of the task. */
export function toTaskAxes(lattice: Mat3, frame: Frame): Mat3 {
  return matMul(lattice, frame.rotation);
}

/** Cauchy stress of the LAMMPS frame in the axes of the task: R^T sigma R. */
export function stressToTaskAxes([xx, yy, zz, yz, xz, xy]: StressVoigt, frame: Frame): StressVoigt {
  const sigma: Mat3 = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  const [r1, r2, r3] = matMul(matMul(transpose(frame.rotation), sigma), frame.rotation);
  return [r1[0], r2[1], r3[2], r2[2], r1[2], r1[1]];
}

/** Whether the task's cartesian z is also that of LAMMPS: its a and b span the xy plane. */
export function keepsZ(frame: Frame): boolean {
  return Math.abs(frame.rotation[2][2] - 1) < 1e-9;
}
