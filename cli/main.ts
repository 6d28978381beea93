import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { Failure, Invalid } from '../domain/failures.js';
import { doctor } from './command/doctor.js';
import { libraryBuild } from './command/library-build.js';
import { operate } from './command/operate.js';
import { predict } from './command/predict.js';
import { provenance } from './command/provenance.js';
import { screen } from './command/screen.js';
import { show } from './command/show.js';
import { rank, status, type RankOptions } from './command/status.js';
import { down, up } from './command/up.js';
import { standardOutput, type Output } from './output.js';

/** Exit codes of the command line: 0 done, 1 failed, 2 wrong usage or input, 3 partly done, 130 interrupted. */
const interrupted = new AbortController();

/** What the command returned; set by the action that ran. */
let exit = 0;

const program = new Command('peierls')
  .description('Screens alloys by strength: elastic constants and gamma surfaces by simulation, Peierls stress by prediction.')
  .version('0.1.0')
  .showHelpAfterError('(peierls --help lists the commands)')
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

const action =
  <Arguments extends unknown[]>(run: (output: Output, ...rest: Arguments) => Promise<number>) =>
  async (...all: unknown[]): Promise<void> => {
    const command = all.at(-1) as Command;
    exit = await run(standardOutput(command.optsWithGlobals()['json'] === true), ...(all.slice(0, -1) as Arguments));
  };

const json = (): Option => new Option('--json', 'print one JSON document on stdout, everything else on stderr');
const top = (fallback: number): Option => new Option('--top <n>', 'rows to print').default(fallback).argParser(positiveInteger);

program
  .command('up')
  .description('start the embedded services and workers, in the foreground')
  .option('--detach', 'leave them running and return')
  .option('--screen <campaign.yaml>', 'run this campaign first')
  .option('--exit', 'with --screen: stop when the campaign is done')
  .addOption(top(25))
  .addOption(json())
  .action(
    action((output, options: { detach?: boolean; screen?: string; exit?: boolean; top: number }) =>
      up(options, output, interrupted.signal),
    ),
  );
program
  .command('down')
  .description('stop the embedded services and workers')
  .addOption(json())
  .action(action((output) => down(output)));
program
  .command('screen <campaign.yaml>')
  .description('start, or attach to, the campaign of a file and follow it')
  .option('--no-follow', 'start it and return; the services stay up')
  .option('--dry-run', 'count candidates, points and bundles; start nothing')
  .option('--computer <name>', 'run it there, whatever the file says')
  .addOption(top(25))
  .addOption(json())
  .addHelpText('after', '\nExample:\n  peierls screen deploy/campaigns/quickstart.yaml --dry-run')
  .action(
    action((output, file: string, options: { follow: boolean; dryRun?: boolean; computer?: string; top: number }) =>
      screen(file, options, output, interrupted.signal),
    ),
  );
program
  .command('status [campaign]')
  .description('how a campaign stands, or all of them')
  .addOption(json())
  .action(action((output, campaign: string | undefined) => status(campaign, output)));
program
  .command('rank <campaign>')
  .description('candidates by predicted strength; also while the campaign runs')
  .addOption(top(1_000_000))
  .addOption(new Option('--format <format>', 'how to print it').choices(['table', 'csv', 'json', 'jsonl']).default('table'))
  .addOption(json())
  .action(action((output, campaign: string, options: RankOptions) => rank(campaign, options, output)));
program
  .command('show <candidate>')
  .description('everything known of a candidate')
  .addOption(json())
  .action(action((output, candidate: string) => show(candidate, output)));
program
  .command('provenance <id>')
  .description('where the numbers of a candidate, calculation or point come from')
  .option('--save <folder>', 'write the raw output files there')
  .addOption(json())
  .action(action((output, id: string, options: { save?: string }) => provenance(id, options, output)));
for (const [name, description] of [
  ['pause', 'start no new candidates of a campaign'],
  ['resume', 'go on with a paused campaign'],
  ['cancel', 'stop a campaign and take its jobs out of the queue'],
] as const)
  program
    .command(`${name} <campaign>`)
    .description(description)
    .addOption(json())
    .action(action((output, campaign: string) => operate(name, campaign, output)));
program
  .command('predict <records.json>')
  .description('Peierls stresses of slip records')
  .option('--model <folder>', 'a trained ensemble')
  .addOption(json())
  .action(action((output, file: string, options: { model?: string }) => predict(file, options, output)));
const library = program.command('library').description('training data: gamma surfaces, elastic constants and Peierls stresses');
library
  .command('build <training.yaml>')
  .description('compute the training data of a file, or go on with it, and write the library')
  .option('--out <library.json>', 'where to write it', 'library.json')
  .option('--dry-run', 'count metals and points; start nothing')
  .option('--computer <name>', 'run it there, whatever the file says')
  .addOption(json())
  .action(
    action((output, file: string, options: { out: string; dryRun?: boolean; computer?: string }) =>
      libraryBuild(file, options, output, interrupted.signal),
    ),
  );
program
  .command('doctor')
  .description('what is installed, reachable and usable, and why the rest is not')
  .addOption(json())
  .action(action((output) => doctor(output)));

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
  exit = explain(error);
}
process.exit(exit);

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

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('it must be a whole number above 0');
  return value;
}
