/** Lower triangular L of a symmetric positive-definite matrix, A = L L^T, rows of L. Throws `RangeError` where A is not positive definite. */
export function cholesky(matrix: readonly ArrayLike<number>[]): Float64Array[] {
  const lower: Float64Array[] = [];
  for (const [i, row] of matrix.entries()) {
    const current = new Float64Array(i + 1);
    for (let j = 0; j <= i; j += 1) {
      const other = lower[j] ?? current;
      let sum = row[j] ?? 0;
      for (let k = 0; k < j; k += 1) sum -= (current[k] ?? 0) * (other[k] ?? 0);
      if (j === i && !(sum > 0)) throw new RangeError(`the matrix is not positive definite (row ${i})`);
      current[j] = j === i ? Math.sqrt(sum) : sum / (other[j] ?? 1);
    }
    lower.push(current);
  }
  return lower;
}

/** Solves L L^T x = b. */
export function choleskySolve(lower: readonly ArrayLike<number>[], right: readonly number[]): number[] {
  return upperSolve(lower, lowerSolve(lower, right));
}

/** Solves L x = b. */
export function lowerSolve(lower: readonly ArrayLike<number>[], right: readonly number[]): number[] {
  const x: number[] = [];
  for (const [i, row] of lower.entries()) {
    let sum = right[i] ?? 0;
    for (let k = 0; k < i; k += 1) sum -= (row[k] ?? 0) * (x[k] ?? 0);
    x.push(sum / (row[i] ?? 1));
  }
  return x;
}

/** Solves U x = b for the upper triangular U whose columns are given (the rows of L, for U = L^T). */
export function upperSolve(columns: readonly ArrayLike<number>[], right: readonly number[]): number[] {
  const x = [...right];
  for (let i = columns.length - 1; i >= 0; i -= 1) {
    const column = columns[i] ?? [];
    const value = (x[i] ?? 0) / (column[i] ?? 1);
    x[i] = value;
    for (let k = 0; k < i; k += 1) x[k] = (x[k] ?? 0) - (column[k] ?? 0) * value;
  }
  return x;
}

/**
 * Solves A x = b for a symmetric positive-definite A, of which the lower triangle is given, to a residual of `tolerance` times |b|: conjugate gradients
 * (Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 5.2). Rows times rows an iteration, where a decomposition takes their cube.
 * Undefined where it does not get there in as many iterations as there are rows. Throws `RangeError` where A is not positive definite.
 */
export function conjugateGradients(lower: readonly Float64Array[], right: readonly number[], tolerance: number): number[] | undefined {
  const size = lower.length;
  const x = new Float64Array(size);
  const residual = Float64Array.from(right);
  const direction = residual.slice();
  const image = new Float64Array(size);
  let square = dot(residual, residual);
  const goal = tolerance * tolerance * square;
  for (let iteration = 0; square > goal; iteration += 1) {
    if (iteration > size) return undefined;
    symmetricTimes(lower, direction, image);
    const curvature = dot(direction, image);
    if (!(curvature > 0)) throw new RangeError('the matrix is not positive definite');
    const step = square / curvature;
    for (let i = 0; i < size; i += 1) {
      x[i] = (x[i] as number) + step * (direction[i] as number);
      residual[i] = (residual[i] as number) - step * (image[i] as number);
    }
    const next = dot(residual, residual);
    for (let i = 0; i < size; i += 1) direction[i] = (residual[i] as number) + (next / square) * (direction[i] as number);
    square = next;
  }
  return [...x];
}

function symmetricTimes(lower: readonly Float64Array[], vector: Float64Array, image: Float64Array): void {
  image.fill(0);
  for (const [i, row] of lower.entries()) {
    const own = vector[i] as number;
    let sum = (row[i] as number) * own;
    for (let j = 0; j < i; j += 1) {
      const entry = row[j] as number;
      sum += entry * (vector[j] as number);
      image[j] = (image[j] as number) + entry * own;
    }
    image[i] = (image[i] as number) + sum;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
