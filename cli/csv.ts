export type CsvValue = string | number | boolean | null | undefined;

/** One line of comma-separated values (RFC 4180): quoted where needed; what is unknown is empty. */
export function csvLine(values: readonly CsvValue[]): string {
  return values.map(csvCell).join(',');
}

function csvCell(value: CsvValue): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
