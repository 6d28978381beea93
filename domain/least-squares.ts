/** Coefficients for which rows times coefficients come nearest to the values; a square system is solved. Normal equations, elimination with pivots. */
export function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const size = rows[0]?.length ?? 0;
  const unknowns = Array.from({ length: size }, (_, i) => i);
  const matrix = unknowns.map((i) => [
    ...unknowns.map((j) => rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)),
    rows.reduce((sum, row, k) => sum + (row[i] ?? 0) * (values[k] ?? 0), 0),
  ]);
  for (const column of unknowns) {
    const pivot = unknowns
      .slice(column)
      .reduce((best, i) => (Math.abs(matrix[i]?.[column] ?? 0) > Math.abs(matrix[best]?.[column] ?? 0) ? i : best), column);
    const [upper, lower] = [matrix[column] ?? [], matrix[pivot] ?? []];
    matrix[column] = lower;
    matrix[pivot] = upper;
    for (const i of unknowns.filter((row) => row !== column)) {
      const factor = (matrix[i]?.[column] ?? 0) / (lower[column] ?? Number.NaN);
      matrix[i] = (matrix[i] ?? []).map((entry, k) => entry - factor * (lower[k] ?? 0));
    }
  }
  return unknowns.map((i) => (matrix[i]?.[size] ?? 0) / (matrix[i]?.[i] ?? Number.NaN));
}
