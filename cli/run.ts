import { CommanderError } from 'commander';
import { Failure, Invalid } from '../domain/failures.js';
import { interrupted, outcome, program } from './program.js';

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // The second time the user means it.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
    process.stderr.write('\nStopping; press Ctrl-C again to leave at once.\n');
  });
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `peierls rank | head` closes the pipe: not an error.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  outcome.exit = explain(error);
}
// A pipe takes 64 KB at a time: what is still on its way must not be cut off by the end of the process.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))));
process.exit(outcome.exit);

/** Exit codes of the command line: 0 done, 1 failed, 2 wrong usage or input, 3 partly done, 130 interrupted. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`peierls: ${message}\n`);
  if (error instanceof Invalid) return 2;
  // An unexpected error is ours: its trace is what a report needs. Failures of ours have said all there is.
  if (!(error instanceof Failure) && process.env['PEIERLS_DEBUG'] === '1' && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n`);
  return 1;
}
