export type Meaning = 'good' | 'warning' | 'bad' | 'faint';

/** Shows what a text means. */
export type Paint = (meaning: Meaning, text: string) => string;

/** SGR codes of ECMA-48: green, yellow, red, faint; 39 and 22 end them. */
const codes: Record<Meaning, [start: number, end: number]> = { good: [32, 39], warning: [33, 39], bad: [31, 39], faint: [2, 22] };

export const ansiPaint: Paint = (meaning, text) => `\u001B[${codes[meaning][0]}m${text}\u001B[${codes[meaning][1]}m`;
export const plainPaint: Paint = (_, text) => text;

/** Colour is for terminals, and not for those whose owner has set NO_COLOR (no-color.org) to anything. */
export function wantsColour(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}

const meanings: Readonly<Record<string, Meaning>> = {
  ok: 'good',
  yes: 'good',
  done: 'good',
  ranked: 'good',
  inside: 'good',
  open: 'good',
  usable: 'good',
  delivered: 'good',
  'given-up': 'bad',
  failed: 'bad',
  held: 'bad',
  rejected: 'warning',
  paused: 'warning',
  cancelled: 'warning',
  draining: 'warning',
  edge: 'warning',
  outside: 'warning',
  pending: 'faint',
  skipped: 'faint',
  no: 'faint',
};

/** Paints a cell of a table that holds a state or verdict of ours. */
export function paintState(paint: Paint): (cell: string) => string {
  return (cell) => {
    const meaning = Object.hasOwn(meanings, cell.trim()) ? meanings[cell.trim()] : undefined;
    return meaning === undefined ? cell : paint(meaning, cell);
  };
}
