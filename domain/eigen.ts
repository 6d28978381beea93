/** Eigenvalues and eigenvectors of small real symmetric matrices. */
export interface SymmetricEigen {
  /** Ascending. */
  values: number[];
  /** `vectors[k]` is the unit eigenvector of `values[k]`. */
  vectors: number[][];
}

/**
 * Cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, section 8.5): each rotation zeroes one off-diagonal pair.
 * Only the upper triangle is believed. Converges quadratically; six by six takes some 8 sweeps.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): SymmetricEigen {
  const size = matrix.length;
  const a = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => at(matrix, Math.min(i, j), Math.max(i, j))));
  const v = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));
  const enough = 1e-30 * a.flat().reduce((sum, entry) => sum + entry * entry, 0);
  for (let sweep = 0; sweep < 60 && offDiagonal(a) > enough; sweep += 1) {
    for (let p = 0; p < size; p += 1) for (let q = p + 1; q < size; q += 1) rotatePair(a, v, p, q);
  }
  const order = Array.from({ length: size }, (_, k) => k).sort((p, q) => at(a, p, p) - at(a, q, q));
  return { values: order.map((k) => at(a, k, k)), vectors: order.map((k) => v.map((row) => row[k] ?? 0)) };
}

/** `f` applied to a symmetric matrix through its eigenvalues: `x => 1 / x` inverts, `Math.sqrt` takes the symmetric root. */
export function symmetricFunction(matrix: readonly (readonly number[])[], f: (eigenvalue: number) => number): number[][] {
  const { values, vectors } = symmetricEigen(matrix);
  const images = values.map(f);
  return matrix.map((_, i) =>
    matrix.map((_, j) => vectors.reduce((sum, vector, k) => sum + (images[k] ?? 0) * (vector[i] ?? 0) * (vector[j] ?? 0), 0)),
  );
}

function rotatePair(a: number[][], v: number[][], p: number, q: number): void {
  const pivot = at(a, p, q);
  if (pivot === 0) return;
  const theta = (at(a, q, q) - at(a, p, p)) / (2 * pivot);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (const row of a) mix(row, p, q, cosine, sine);
  const rowP = a[p] ?? [];
  const rowQ = a[q] ?? [];
  for (let k = 0; k < a.length; k += 1) {
    const [x, y] = [rowP[k] ?? 0, rowQ[k] ?? 0];
    rowP[k] = cosine * x - sine * y;
    rowQ[k] = sine * x + cosine * y;
  }
  for (const row of v) mix(row, p, q, cosine, sine);
}

function mix(row: number[], p: number, q: number, cosine: number, sine: number): void {
  const [x, y] = [row[p] ?? 0, row[q] ?? 0];
  row[p] = cosine * x - sine * y;
  row[q] = sine * x + cosine * y;
}

function offDiagonal(a: number[][]): number {
  return a.reduce((sum, row, i) => sum + row.reduce((part, entry, j) => (i === j ? part : part + entry * entry), 0), 0);
}

function at(matrix: readonly (readonly number[])[], i: number, j: number): number {
  return matrix[i]?.[j] ?? Number.NaN;
}
