export { significant } from '../domain/significant.js';
import { ansiPaint, plainPaint, wantsColour, type Paint } from './paint.js';

/** Where a command writes: results to stdout, everything else to stderr when the result is JSON. */
export interface Output {
  readonly json: boolean;
  /** A line for people: progress, notes, addresses. */
  readonly say: (line: string) => void;
  /** The command's one result. With `--json` the value, else the lines. */
  readonly result: (value: unknown, lines: readonly string[]) => void;
  /** Colours a text by what it means, where the reader is a terminal that wants it. */
  readonly paint: Paint;
}

export function standardOutput(json: boolean): Output {
  return {
    json,
    paint: !json && wantsColour(process.stdout, process.env) ? ansiPaint : plainPaint,
    say: (line) => {
      (json ? process.stderr : process.stdout).write(`${line}\n`);
    },
    result: (value, lines) => {
      process.stdout.write(json ? `${JSON.stringify(value, undefined, 1)}\n` : lines.map((line) => `${line}\n`).join(''));
    },
  };
}
