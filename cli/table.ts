type Cell = string | number;

/** Columns as narrow as this are not narrowed further: they are left out. */
const narrow = 12;

/**
 * Columns padded to the widest cell; numbers are right-aligned. What is wider than the terminal is made to fit: long texts are cut, then
 * columns are left out from the right. Where there is no terminal nothing is cut. `paint` colours cells when their width is settled.
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  width = process.stdout.columns ?? Number.POSITIVE_INFINITY,
  paint: (cell: string) => string = (cell) => cell,
): string[] {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = fitted(
    header.map((_, column) => ({
      width: Math.max(...all.map((row) => (row[column] ?? '').length)),
      // Half a number is a wrong number.
      whole: rows.every((row) => /^[\d.e+ \u2013-]*$/.test(String(row[column] ?? ''))),
    })),
    width,
  );
  const right = widths.map((_, column) => isNumber(rows[0]?.[column]));
  return all.map((row, line) =>
    widths
      .map((room, column) => {
        const text = cut(row[column] ?? '', room);
        const padded = right[column] === true ? text.padStart(room) : text.padEnd(column === widths.length - 1 ? 0 : room);
        return line === 0 ? padded : paint(padded);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Widths that fit: the widest text gives way first. */
function fitted(columns: readonly { width: number; whole: boolean }[], width: number): number[] {
  const fit = columns.map((column) => column.width);
  for (;;) {
    const excess = fit.reduce((sum, it) => sum + it + 2, -2) - width;
    if (excess <= 0 || fit.length === 0) return fit;
    const widest = Math.max(narrow, ...fit.filter((_, index) => columns[index]?.whole === false));
    const index = fit.findIndex((it, column) => it === widest && columns[column]?.whole === false);
    if (widest > narrow) fit[index] = Math.max(narrow, widest - excess);
    else if (fit.length > 1) fit.pop();
    else return [Math.max(1, Math.floor(width))];
  }
}

function cut(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, room - 1)}\u2026` : text;
}

function isNumber(cell: Cell | undefined): boolean {
  return typeof cell === 'number' || /^[\d.\u2013\u00D7<-]+$/.test(String(cell));
}
