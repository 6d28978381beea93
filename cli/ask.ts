import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { AskPerson } from '../connectors/transport/ssh/authentication.js';

/** Puts questions on stderr and reads answers from stdin; what must not be seen is not shown while it is typed. */
export function askOnTerminal(signal: AbortSignal): { ask: AskPerson; close(): void } {
  let terminal: Interface | undefined;
  let hidden = false;
  const shown = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!hidden) process.stderr.write(chunk);
      done();
    },
  });
  const lines: string[] = [];
  const waiting: ((line: string | undefined) => void)[] = [];
  let ended = false;
  const open = (): void => {
    if (terminal !== undefined) return;
    terminal = createInterface({ input: process.stdin, output: shown, terminal: process.stdin.isTTY });
    terminal.on('line', (line) => {
      const next = waiting.shift();
      if (next === undefined) lines.push(line);
      else next(line);
    });
    terminal.on('close', () => {
      ended = true;
      for (const next of waiting.splice(0)) next(undefined);
    });
    // A terminal in raw mode gives Ctrl-C to readline instead of to us.
    terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    signal.addEventListener('abort', () => terminal?.close());
  };
  return {
    ask: async ({ host, prompt, echo }) => {
      open();
      process.stderr.write(prompt.includes(host) ? prompt : `${host}: ${prompt}`);
      hidden = !echo;
      const line = lines.shift() ?? (ended ? undefined : await new Promise<string | undefined>((resolve) => waiting.push(resolve)));
      hidden = false;
      if (!echo) process.stderr.write('\n');
      if (line === undefined) throw new Error(`nobody answered "${prompt.trim()}"`);
      return line;
    },
    close: () => terminal?.close(),
  };
}
