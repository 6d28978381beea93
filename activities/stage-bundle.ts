import { bundleScript, parseFinishMarker } from '../connectors/bundle/script.js';
import type { Calculator } from '../connectors/calculator/calculator.js';
import type { Computer } from '../connectors/computer/computer.js';
import type { JobRequest } from '../connectors/scheduler/scheduler.js';
import { InvalidInput } from '../domain/failures.js';
import type { PointTask } from '../domain/point.js';
import { pointFolder } from './calculation-plan.js';
import type { Corrections } from './calculation-records.js';

/** Work directory of a calculation; two levels, so that no folder holds a hundred thousand others. */
export function calculationFolder(computer: Computer, calculation: string): string {
  return `${computer.settings.workDir}/${calculation.slice(0, 2)}/${calculation.slice(0, 24)}`;
}

/**
 * Writes inputs and, last, the job script. On later attempts the folders of points without a result are cleared first, so that nothing
 * stale can be taken for a result; only what an attempt in `uncollected` has finished stays, for the new one to bring in.
 * Repeat-safe: a script that is there says that an earlier try has staged everything, and its job may be running in these folders.
 */
export async function stageBundle(bundle: {
  computer: Computer;
  calculator: Calculator;
  request: JobRequest;
  tasks: readonly PointTask[];
  /** Nothing of this calculation is in the folder yet. */
  fresh: boolean;
  /** An earlier try to submit this very attempt did not come to its end. */
  retried: boolean;
  /** Cancelled attempts, whose finished points nobody has fetched. */
  uncollected: ReadonlySet<string>;
  /** Names of the corrections of a point, oldest first. Default: none. */
  corrections?: Pick<Corrections, 'of'>;
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
  if (calculator.needsPseudopotentials === true && code.pseudopotentials === undefined)
    throw new InvalidInput(`the computer "${computer.name}" does not say where the pseudopotentials of ${calculator.name} are`, {
      path: `computers.${computer.name}.codes.${calculator.name}.pseudopotentials`,
      remedy: 'Name their folder on that computer in computers.yaml, such as /opt/vasp/potpaw_PBE.54.',
    });
  const scriptName = `${request.name}.sh`;
  if (bundle.retried && scriptName in (await computer.transport.getFiles(request.folder, [scriptName]))) return;
  if (!bundle.fresh) await clear(computer, request, tasks, bundle.uncollected);
  const inputs = tasks.map((task) => ({
    folder: pointFolder(task.label),
    input: calculator.writePoint(task, bundle.corrections?.of(task.label)),
  }));
  const files = Object.fromEntries([
    ...Object.entries(calculator.sharedFiles(first.structure)).map(([name, text]) => [`points/shared/${name}`, text] as const),
    ...inputs.flatMap(({ folder, input }) =>
      Object.entries(input.files).map(([name, text]) => [`points/${folder}/${name}`, text] as const),
    ),
  ]);
  const script = bundleScript({
    attempt: request.name,
    command: code.command,
    session: code.session,
    preamble: [...computer.scheduler.preamble(request), ...code.prepend],
    points: inputs.map(({ folder, input }) => ({ folder, args: input.args, ...(input.wrapper && { wrapper: input.wrapper }) })),
    ...(code.pseudopotentials !== undefined && { environment: { PEIERLS_PSEUDOPOTENTIALS: code.pseudopotentials } }),
    parallel: computer.settings.limits.parallelPoints,
    wallTimeSeconds: computer.scheduler.name === 'direct' ? undefined : request.wallTimeSeconds,
  });
  await computer.transport.putFiles(request.folder, { ...files, [scriptName]: script });
}

async function clear(
  computer: Computer,
  { folder }: JobRequest,
  tasks: readonly PointTask[],
  uncollected: ReadonlySet<string>,
): Promise<void> {
  const markerOf = (task: PointTask): string => `points/${pointFolder(task.label)}/finished`;
  const markers = uncollected.size === 0 ? {} : await computer.transport.getFiles(folder, tasks.map(markerOf));
  const stale = tasks.filter((task) => {
    const marker = parseFinishMarker(markers[markerOf(task)]);
    return marker === undefined || !uncollected.has(marker.attempt);
  });
  await computer.transport.remove(...stale.map((task) => `${folder}/points/${pointFolder(task.label)}`));
}
