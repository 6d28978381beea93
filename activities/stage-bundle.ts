import { bundleScript } from '../connectors/bundle/script.js';
import type { Calculator } from '../connectors/calculator/calculator.js';
import type { Computer } from '../connectors/computer/computer.js';
import type { JobRequest } from '../connectors/scheduler/scheduler.js';
import { InvalidInput } from '../domain/failures.js';
import type { PointTask } from '../domain/point.js';
import { pointFolder } from './calculation-plan.js';

/** Work directory of a calculation; two levels, so that no folder holds a hundred thousand others. */
export function calculationFolder(computer: Computer, calculation: string): string {
  return `${computer.settings.workDir}/${calculation.slice(0, 2)}/${calculation.slice(0, 24)}`;
}

/** Writes inputs and job script. On later attempts the folders of points without a result are cleared first: nothing stale can be taken for a result. */
export async function stageBundle(bundle: {
  computer: Computer;
  calculator: Calculator;
  request: JobRequest;
  tasks: readonly PointTask[];
  fresh: boolean;
}): Promise<void> {
  const { computer, calculator, request, tasks } = bundle;
  const [first] = tasks;
  if (first === undefined) throw new InvalidInput(`the attempt ${request.name} has no points`);
  const code = computer.settings.codes[calculator.name];
  if (code === undefined)
    throw new InvalidInput(`the computer "${computer.name}" has no code "${calculator.name}"`, {
      path: `computers.${computer.name}.codes.${calculator.name}`,
      remedy: 'Say in computers.yaml how it is called there, or choose another computer.',
    });
  if (!bundle.fresh) for (const task of tasks) await computer.transport.remove(`${request.folder}/points/${pointFolder(task.label)}`);
  const inputs = tasks.map((task) => ({ folder: pointFolder(task.label), input: calculator.writePoint(task) }));
  const files = Object.fromEntries([
    ...Object.entries(calculator.sharedFiles(first.structure)).map(([name, text]) => [`points/shared/${name}`, text] as const),
    ...inputs.flatMap(({ folder, input }) =>
      Object.entries(input.files).map(([name, text]) => [`points/${folder}/${name}`, text] as const),
    ),
  ]);
  const script = bundleScript({
    attempt: request.name,
    command: code.command,
    preamble: [...computer.scheduler.preamble(request), ...code.prepend],
    points: inputs.map(({ folder, input }) => ({ folder, args: input.args })),
  });
  await computer.transport.putFiles(request.folder, { ...files, [`${request.name}.sh`]: script });
}
