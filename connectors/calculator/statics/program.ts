import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PointOutcome, PointTask } from '../../../domain/point.js';
import { eamTable, type EamKnots } from '../../../domain/statics/eam-table.js';
import { runPoint, staticsVersion } from '../../../domain/statics/run-point.js';
import { functionsFile, resultFile, taskFile } from './files.js';

/*
 * The program of the `statics` calculator, bundled into one file that travels with the inputs.
 * `node peierls_statics.mjs` computes the point of the folder it runs in; with `--serve`, a line `folder<TAB>...` in is a point, a line with its
 * exit code out. What went wrong with a point is in its result; only what cannot be read at all ends with another code than 0.
 */

function compute(folder: string): number {
  let outcome: PointOutcome;
  try {
    const task = JSON.parse(readFileSync(join(folder, taskFile), 'utf8')) as PointTask;
    const knots = JSON.parse(readFileSync(join(folder, '..', 'shared', functionsFile), 'utf8')) as EamKnots;
    outcome = runPoint(eamTable(knots), task);
  } catch (cause) {
    complain(folder, cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
    return 1;
  }
  const result = join(folder, resultFile);
  writeFileSync(`${result}.tmp`, `${JSON.stringify({ version: staticsVersion, outcome })}\n`);
  renameSync(`${result}.tmp`, result);
  return 0;
}

/** As a shell would redirect it; a folder that is not there has no place for it. */
function complain(folder: string, words: string): void {
  if (existsSync(folder)) writeFileSync(join(folder, 'stderr'), `${words}\n`);
  else process.stderr.write(`${words}\n`);
}

if (process.argv[2] === '--serve')
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [folder = ''] = line.split('\t');
    process.stdout.write(`${compute(folder)}\n`);
  });
else process.exitCode = compute(process.cwd());
