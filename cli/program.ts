import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { InvalidInput } from '../domain/failures.js';
import { Fidelity } from '../domain/fidelity.js';
import { importFormats } from '../connectors/computer/import/import.js';
import { importComputer, type ImportCommandOptions } from './command/computer/import.js';
import { list } from './command/computer/list.js';
import { login } from './command/computer/login.js';
import { test } from './command/computer/test.js';
import { changeBudget, changePriority, retry } from './command/adjust.js';
import { operateComputer } from './command/computer/operate.js';
import { exportCampaign, exportFormats, type ExportOptions } from './command/export.js';
import { dashboard } from './command/dashboard.js';
import { doctor } from './command/doctor.js';
import { evaluate, type EvaluateOptions } from './command/evaluate.js';
import { checkLibrary } from './command/library.js';
import { libraryBuild } from './command/library-build.js';
import { addModel, listModels, promote, repredict, rollBack, trainModel } from './command/model.js';
import { notifyList, notifyRetry, notifyTest } from './command/notify.js';
import { operate } from './command/operate.js';
import { predict } from './command/predict.js';
import { provenance } from './command/provenance.js';
import { backfillSchedule, createSchedule, listSchedules, operateSchedule, overlaps, type ScheduleOptions } from './command/schedule.js';
import { compare, comparisonFormats, type CompareOptions } from './command/compare.js';
import { screen, type ScreenOptions } from './command/screen.js';
import { show } from './command/show.js';
import { listSources } from './command/source/list.js';
import { refresh, type RefreshOptions } from './command/source/refresh.js';
import { rank, status, type RankOptions } from './command/status.js';
import { train, type TrainOptions } from './command/train.js';
import { down, up } from './command/up.js';
import { worker } from './command/worker.js';
import { candidateStates, type CandidateFilter } from './candidate-filter.js';
import { completionScript, shells, type Shell } from './completion.js';
import { addExamples } from './examples.js';
import { standardOutput, type Output } from './output.js';
import { version } from './version.js';

/** Aborted by Ctrl-C. */
export const interrupted = new AbortController();

/** What the command returned; set by the action that ran. */
export const outcome = { exit: 0 };

/** Every command with its arguments and options. Nothing happens before it is parsed. */
export const program = new Command('peierls')
  .description('Screens alloys by strength: elastic constants and gamma surfaces by simulation, Peierls stress by prediction.')
  .version(version)
  .showHelpAfterError('(peierls --help lists the commands)')
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) });

const action =
  <Arguments extends unknown[]>(run: (output: Output, ...rest: Arguments) => Promise<number>) =>
  async (...all: unknown[]): Promise<void> => {
    const command = all.at(-1) as Command;
    outcome.exit = await run(standardOutput(command.optsWithGlobals()['json'] === true), ...(all.slice(0, -1) as Arguments));
  };

const json = (): Option => new Option('--json', 'print one JSON document on stdout, everything else on stderr');
const top = (fallback: number): Option => new Option('--top <n>', 'rows to print').default(fallback).argParser(positiveInteger);

/** Options that choose candidates. */
const chooseCandidates = (command: Command): Command =>
  command
    .option('--computer <name>', 'only those evaluated there')
    .option('--formula <pattern>', "only these formulas, for instance 'Ni*'");
const states = (): Option => new Option('--state <state>', 'only those in this state').choices(candidateStates);

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
  .command('dashboard')
  .description('serve the dashboard: campaigns, rankings, candidates, computers and sources in a browser')
  .addOption(json())
  .action(action((output) => dashboard(output, interrupted.signal)));
program
  .command('worker')
  .description('one more worker process for services that run already, in the foreground')
  .option('--inference', 'predictions only; on a machine with a graphics processor, for instance')
  .addOption(json())
  .action(action((output, options: { inference?: boolean }) => worker(options, output, interrupted.signal)));
program
  .command('screen <campaign.yaml>')
  .description('start, or attach to, the campaign of a file and follow it')
  .option('--no-follow', 'start it and return; the services stay up')
  .option('--dry-run', 'count candidates, points, bundles and core hours; start nothing')
  .option('--computer <name>', 'run it there, whatever the file says')
  .addOption(new Option('--fidelity <level>', 'climb the fidelity ladder of the file up to this rung').choices(Fidelity.options))
  .addOption(top(25))
  .addOption(json())
  .action(action((output, file: string, options: ScreenOptions) => screen(file, options, output, interrupted.signal)));
chooseCandidates(program.command('status [campaign]'))
  .description('how a campaign stands, or all of them; with a filter, which of its candidates')
  .addOption(states())
  .addOption(json())
  .action(action((output, campaign: string | undefined, filter: CandidateFilter) => status(campaign, filter, output)));
chooseCandidates(program.command('rank <campaign>'))
  .description('candidates by predicted strength; also while the campaign runs')
  .addOption(top(1_000_000))
  .addOption(new Option('--top-k <k>', 'probability of being among so many').default(10).argParser(positiveInteger))
  .option('--prices <file>', 'YAML or JSON: price of each element for one kg; makes it an objective of the Pareto front')
  .addOption(new Option('--format <format>', 'how to print it').choices(['table', 'csv', 'json', 'jsonl']).default('table'))
  .addOption(json())
  .action(action((output, campaign: string, options: RankOptions) => rank(campaign, options, output)));
program
  .command('compare <campaign...>')
  .description('what several levels of theory say of the same crystals: of one campaign with a fidelity ladder, or of several')
  .addOption(new Option('--format <format>', 'how to write it').choices(comparisonFormats).default('table'))
  .option('-o, --output <file>', 'write it there')
  .addOption(json())
  .action(action((output, campaigns: string[], options: CompareOptions) => compare(campaigns, options, output)));
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
chooseCandidates(program.command('export <campaign>'))
  .description('results for other tools, or as a report; also while the campaign runs')
  .addOption(new Option('--format <format>', 'what to write; html is a report in one file').choices(exportFormats).makeOptionMandatory())
  .option('--output <file or folder>', 'where to; default: stdout')
  .addOption(states())
  .addOption(new Option('--top <n>', 'only the first of the ranking').argParser(positiveInteger))
  .addOption(new Option('--surfaces <n>', 'html: candidates whose gamma surfaces are drawn').default(24).argParser(positiveInteger))
  .addOption(json())
  .action(action((output, campaign: string, options: ExportOptions) => exportCampaign(campaign, options, output)));
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
const computer = program.command('computer').description('machines that campaigns run on: list, test, import, login');
computer
  .command('list')
  .description('the computers of the configuration')
  .addOption(json())
  .action(action((output) => list(output)));
computer
  .command('test <name>')
  .description('reach a computer, check everything a campaign needs there, run a job of one core')
  .option('--no-job', 'submit nothing')
  .addOption(new Option('--wait <seconds>', 'how long the job may take').default(600).argParser(positiveInteger))
  .addOption(json())
  .action(action((output, name: string, options: { job: boolean; wait: number }) => test(name, options, output, interrupted.signal)));
computer
  .command('import <file...>')
  .description('make entries of computers.yaml from files of AiiDA, jobflow-remote, dpdispatcher or OpenSSH')
  .addOption(new Option('--format <format>', 'what wrote the file; default: seen from its content').choices(importFormats))
  .option('--name <name>', 'what to call the computer')
  .option('--host <host>', 'which host, worker or section of the file')
  .option('--work-dir <folder>', 'absolute folder for work directories there')
  .addOption(new Option('--scheduler <kind>', 'its queue system').choices(['direct', 'slurm', 'pbs', 'sge', 'lsf']))
  .addOption(new Option('--code <name=command>', 'a code there, for instance lammps=lmp; may be repeated').argParser(codeCommand))
  .option('--write', 'add it to the computers file')
  .addOption(json())
  .action(action((output, files: string[], options: ImportCommandOptions) => importComputer(files, options, output)));
computer
  .command('login <name>')
  .description('log in by hand (passwords, one-time codes) and hold the connection for the workers, in the foreground')
  .addOption(json())
  .action(action((output, name: string) => login(name, output, interrupted.signal)));
for (const [name, description] of [
  ['hold', 'touch a computer no more: no submissions, no questions, no transfers'],
  ['drain', 'submit nothing more; what is in the queue is waited for and collected'],
] as const)
  computer
    .command(`${name} <name>`)
    .description(description)
    .option('--reason <text>', 'what the others should know', 'an operator said so')
    .addOption(json())
    .action(action((output, machine: string, { reason }: { reason: string }) => operateComputer(machine, { kind: name, reason }, output)));
computer
  .command('resume <name>')
  .description('go on with a computer that was held, drained, or refused a login')
  .addOption(json())
  .action(action((output, name: string) => operateComputer(name, { kind: 'resume' }, output)));
computer
  .command('budget <name> <core-hours>')
  .description('what all campaigns together may spend there; "none" lifts the limit')
  .addOption(json())
  .action(action((output, name: string, hours: string) => operateComputer(name, { kind: 'budget', coreHours: coreHours(hours) }, output)));
program
  .command('budget <campaign> <core-hours>')
  .description('core hours that a campaign may spend; "none" lifts the limit')
  .addOption(json())
  .action(action((output, campaign: string, hours: string) => changeBudget(campaign, coreHours(hours), output)));
program
  .command('priority <campaign> <1-5>')
  .description('place in line among campaigns that want the same computer')
  .addOption(json())
  .action(action((output, campaign: string, text: string) => changePriority(campaign, priority(text), output)));
chooseCandidates(program.command('retry <campaign>'))
  .description('evaluate failed candidates of an ended campaign again')
  .addOption(json())
  .action(action((output, campaign: string, filter: CandidateFilter) => retry(campaign, filter, output)));
const seed = (): Option => new Option('--seed <n>', 'the same seed gives the same model').default(1).argParser(positiveInteger);
const networks = (): Option => new Option('--networks <n>', 'neural networks in the ensemble; 0 for none').default(5).argParser(count);
const elsewhere = (): Option =>
  new Option('--elsewhere <library.json...>', 'labels by other families of potentials: not learned from, their errors widen the intervals');
program
  .command('train <library.json...>')
  .description('train an ensemble on slip records with Peierls stresses')
  .requiredOption('--out <folder>', 'where the model goes: weights, calibration and its card')
  .addOption(elsewhere())
  .addOption(seed())
  .addOption(networks())
  .addOption(json())
  .action(action((output, files: string[], options: TrainOptions) => train(files, options, output, interrupted.signal)));
program
  .command('evaluate <library.json...>')
  .description('errors and coverage on elements that were left out, beside every baseline')
  .addOption(new Option('--group-by <field>', 'what is left out at a time').choices(['element']).default('element'))
  .option('--ablation', 'instead: errors with parts of the inputs hidden')
  .option('--learning-curve', 'instead: errors with fewer metals to learn from')
  .option('--sensitivity', 'instead: how the predictions of the shipped model answer to each input')
  .addOption(seed())
  .addOption(networks())
  .addOption(json())
  .action(action((output, files: string[], options: EvaluateOptions) => evaluate(files, options, output, interrupted.signal)));
const model = program.command('model').description('predictors in the store: list, train, add, promote, rollback');
model
  .command('list')
  .description('all of them, which one ranks new campaigns, and which campaign uses which')
  .addOption(json())
  .action(action((output) => listModels(output)));
model
  .command('train <library.json...>')
  .description('train one by the workers and keep it')
  .option('--promote', 'and make it that of new campaigns')
  .addOption(elsewhere())
  .addOption(seed())
  .addOption(networks())
  .addOption(json())
  .action(
    action((output, files: string[], options: Omit<TrainOptions, 'out'> & { promote?: boolean }) => trainModel(files, options, output)),
  );
model
  .command('add <folder>')
  .description('keep a model that `peierls train` wrote')
  .addOption(json())
  .action(action((output, folder: string) => addModel(folder, output)));
model
  .command('promote <id>')
  .description('rank new campaigns by it; "shipped" stands for the one that came with peierls')
  .option('--reason <text>', 'what the others should know', 'an operator said so')
  .addOption(json())
  .action(action((output, id: string, { reason }: { reason: string }) => promote(id, reason, output)));
model
  .command('rollback')
  .description('back to the model before the last promotion')
  .addOption(json())
  .action(action((output) => rollBack(output)));
program
  .command('repredict <campaign>')
  .description('rank a campaign by another model; nothing is simulated again')
  .option('--model <id>', 'of peierls model list, or "shipped"; default: the promoted one')
  .addOption(json())
  .action(action((output, campaign: string, options: { model?: string }) => repredict(campaign, options, output)));
const library = program.command('library').description('training data: gamma surfaces, elastic constants and Peierls stresses');
library
  .command('check <library.json...>')
  .description('defects of a library: records that are refused, set aside or doubtful')
  .addOption(json())
  .action(action((output, files: string[]) => checkLibrary(files, output)));
program
  .command('predict <records.json>')
  .description('Peierls stresses of slip records')
  .option('--model <folder>', 'a trained ensemble')
  .addOption(json())
  .action(action((output, file: string, options: { model?: string }) => predict(file, options, output)));
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
const notifications = program.command('notify').description('messages to people about campaigns, computers and budgets');
notifications
  .command('test [channel]')
  .description('send a message through one channel, or all, of notifications.yaml')
  .addOption(json())
  .action(action((output, channel: string | undefined) => notifyTest(channel, output)));
notifications
  .command('list')
  .description('what has been noticed, and who has been told')
  .addOption(json())
  .action(action((output) => notifyList(output)));
notifications
  .command('retry')
  .description('tell again those who could not be told')
  .addOption(json())
  .action(action((output) => notifyRetry(output)));
program
  .command('completion')
  .description('completion of commands and options, for a shell to load')
  .addArgument(new Argument('<shell>', 'which shell').choices(shells))
  .action((shell: Shell) => {
    process.stdout.write(completionScript(program, shell));
  });
const sourceArgument = 'materials-project, the address of an OPTIMADE database, a campaign file, or a name from "source list"';
const source = program.command('source').description('databases that candidates come from: list, refresh');
source
  .command('list')
  .description('databases that were read, and how they stand')
  .addOption(json())
  .action(action((output) => listSources(output)));
source
  .command('refresh')
  .argument('<source>', sourceArgument)
  .description('read a database, or what has changed in it since the last time')
  .option('--filter <filter>', 'of an OPTIMADE database: which structures')
  .option('--full', 'fetch everything, whatever the database says of its changes')
  .option('--no-follow', 'start it and return; the services stay up')
  .addOption(json())
  .addHelpText('after', '\nExample:\n  MP_API_KEY=... peierls source refresh materials-project')
  .action(action((output, text: string, options: RefreshOptions) => refresh(text, options, output, interrupted.signal)));
const schedule = program
  .command('schedule')
  .description('refreshes of databases at set times: create, list, backfill, pause, resume, delete');
schedule
  .command('create')
  .argument('<source>', sourceArgument)
  .description('refresh a source again and again')
  .requiredOption('--cron <expression>', 'when, in five fields: "0 3 * * 1" is Mondays at 3')
  .option('--time-zone <zone>', 'of the times', 'UTC')
  .option('--jitter <time>', 'start at random so much later, to spare the database', '10m')
  .option('--catch-up <time>', 'times missed while nothing ran are made up for, if by less than this', '1d')
  .addOption(
    new Option('--overlap <policy>', 'a refresh is due while the former still runs: skip it, start it afterwards, or end the former')
      .choices(Object.keys(overlaps))
      .default('skip'),
  )
  .option('--filter <filter>', 'of an OPTIMADE database: which structures')
  .addOption(json())
  .action(action((output, text: string, options: ScheduleOptions) => createSchedule(text, options, output, interrupted.signal)));
schedule
  .command('list')
  .description('schedules, and when they are due')
  .addOption(json())
  .action(action((output) => listSchedules(output)));
for (const [name, description] of [
  ['pause', 'start no more refreshes of a source'],
  ['resume', 'go on with a paused schedule'],
  ['delete', 'forget the schedule of a source'],
] as const)
  schedule
    .command(`${name} <source>`)
    .description(description)
    .addOption(json())
    .action(action((output, text: string) => operateSchedule(name, text, output)));
schedule
  .command('backfill <source>')
  .description('make up for times that were missed by more than --catch-up')
  .requiredOption('--from <time>', 'first time, such as 2026-01-31 or 2026-01-31T03:00:00Z')
  .option('--to <time>', 'last time (default: now)')
  .addOption(json())
  .action(action((output, text: string, range: { from: string; to?: string }) => backfillSchedule(text, range, output)));
program
  .command('doctor')
  .description('what is installed, reachable and usable, and why the rest is not')
  .addOption(json())
  .action(action((output) => doctor(output)));

addExamples(program);

function codeCommand(text: string, before: Record<string, string[]> = {}): Record<string, string[]> {
  const [, name, command] = /^([a-z0-9][a-z0-9_-]*)=\s*(\S.*)$/i.exec(text) ?? [];
  if (name === undefined || command === undefined) throw new InvalidArgumentError('it must be a name, "=" and a command, as in lammps=lmp');
  return { ...before, [name]: command.trim().split(/\s+/) };
}

function coreHours(text: string): number | null {
  if (text === 'none') return null;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidInput('core hours are a number above 0, or "none"', { path: '<core-hours>', value: text });
  return value;
}

function priority(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 5)
    throw new InvalidInput('a priority is a whole number from 1 (first) to 5 (last)', { path: '<1-5>', value: text });
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 64) throw new InvalidArgumentError('it must be a whole number from 0 to 64');
  return value;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('it must be a whole number above 0');
  return value;
}
