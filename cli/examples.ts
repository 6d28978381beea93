import type { Command } from 'commander';

/** What people type, by command; shown by `--help`, and each is parsed by a test. */
const examples: Readonly<Record<string, readonly string[]>> = {
  up: ['peierls up', 'peierls up --detach', 'peierls up --screen deploy/campaigns/quickstart.yaml --exit'],
  down: ['peierls down'],
  dashboard: ['peierls dashboard'],
  screen: [
    'peierls screen deploy/campaigns/quickstart.yaml --dry-run',
    'peierls screen my.yaml --computer hawk --no-follow',
    'peierls screen my.yaml --fidelity md',
  ],
  status: ['peierls status', 'peierls status quickstart --state failed', "peierls status quickstart --formula 'Ni*' --json"],
  rank: ['peierls rank quickstart --top 10', "peierls rank quickstart --formula '*Ni*' --format csv"],
  compare: ['peierls compare ladder', 'peierls compare potentials first-principles --format html --output comparison.html'],
  export: ['peierls export quickstart --format html --output report.html', 'peierls export quickstart --format optimade --top 20'],
  show: ['peierls show quickstart/AlNi3-L1_2', 'peierls show Cu', "peierls show '*Ni*'"],
  provenance: ['peierls provenance Cu', 'peierls provenance quickstart/Cu-A1 --save raw'],
  pause: ['peierls pause quickstart'],
  resume: ['peierls resume quickstart'],
  cancel: ['peierls cancel quickstart'],
  budget: ['peierls budget quickstart 500', 'peierls budget quickstart none'],
  priority: ['peierls priority quickstart 1'],
  retry: ['peierls retry quickstart', "peierls retry quickstart --formula 'Ni*' --computer hawk"],
  'source list': ['peierls source list'],
  'source refresh': ['peierls source refresh materials-project', 'peierls source refresh my-campaign.yaml --full'],
  'schedule create': ["peierls schedule create materials-project --cron '0 3 * * 1'"],
  'schedule backfill': ['peierls schedule backfill materials-project --from 2026-01-31'],
  'schedule list': ['peierls schedule list'],
  'schedule pause': ['peierls schedule pause materials-project'],
  'schedule resume': ['peierls schedule resume materials-project'],
  'schedule delete': ['peierls schedule delete materials-project'],
  'computer list': ['peierls computer list'],
  'computer test': ['peierls computer test local', 'peierls computer test hawk --no-job'],
  'computer import': [
    'peierls computer import ~/.ssh/config --host cluster --work-dir /scratch/me --scheduler slurm --code lammps=lmp',
    'peierls computer import machine.json resources.json --write',
  ],
  'computer login': ['peierls computer login hawk'],
  'computer hold': ["peierls computer hold hawk --reason 'maintenance until Monday'"],
  'computer drain': ['peierls computer drain hawk'],
  'computer resume': ['peierls computer resume hawk'],
  'computer budget': ['peierls computer budget hawk 2000', 'peierls computer budget hawk none'],
  train: ['peierls train data/library --out my-model --networks 5'],
  evaluate: ['peierls evaluate data/library/virtual-metals.json --group-by element'],
  'library check': ['peierls library check data/library/virtual-metals.json'],
  'library build': [
    'peierls library build deploy/training/virtual-metals.yaml --dry-run',
    'peierls library build my.yaml --out library.json',
  ],
  'model list': ['peierls model list'],
  'model train': [
    'peierls model train data/library/virtual-metals.json --promote',
    'peierls model train data/library --elsewhere data/transfer/openkim.json data/transfer/other-families.json',
  ],
  'model add': ['peierls model add my-model'],
  'model promote': ['peierls model promote my-model'],
  'model rollback': ['peierls model rollback'],
  repredict: ['peierls repredict quickstart'],
  worker: ['peierls worker', 'peierls worker --inference'],
  predict: ['peierls predict records.json', 'peierls predict records.json --model my-model --json'],
  'notify test': ['peierls notify test', 'peierls notify test team-chat'],
  'notify list': ['peierls notify list'],
  'notify retry': ['peierls notify retry'],
  completion: ['source <(peierls completion bash)', 'peierls completion fish | source'],
  doctor: ['peierls doctor'],
};

/** Puts examples under the help of every command that has some. */
export function addExamples(program: Command): void {
  for (const { path, command } of leafCommands(program)) {
    const lines = examples[path];
    if (lines !== undefined)
      command.addHelpText('after', `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  }
}

/** Commands that do something, with the words that call them: `computer list`. */
export function leafCommands(program: Command, prefix = ''): { path: string; command: Command }[] {
  return program.commands.flatMap((command) => {
    const path = `${prefix}${command.name()}`;
    return command.commands.length > 0 ? leafCommands(command, `${path} `) : [{ path, command }];
  });
}
