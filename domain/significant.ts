/** Three significant digits, as people write them. */
export function significant(value: number | null | undefined): string {
  if (value === null || value === undefined) return '-';
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 100_000 || (rounded !== 0 && Math.abs(rounded) < 0.001) ? rounded.toExponential(1) : String(rounded);
}
