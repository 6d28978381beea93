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
