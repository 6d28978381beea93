import { countExecutions, countJobs, parseFinishMarker, readJobTimes } from '../connectors/bundle/script.js';
import { readJobOutput } from '../connectors/bundle/job-output.js';
import type { Calculator, PointCorrection } from '../connectors/calculator/calculator.js';
import type { Computer } from '../connectors/computer/computer.js';
import type { AttemptDocument, PointRecord } from '../connectors/store/document.js';
import { resubmittable } from '../domain/calculation.js';
import type { PointFailure, PointOutcome, PointTask } from '../domain/point.js';
import { pointFolder } from './calculation-plan.js';
import { correctionsOf, type Corrections } from './calculation-records.js';

/** What an attempt has left on its computer. */
export interface Harvest {
  points: PointRecord[];
  files: Record<string, string>;
  /** Why points are missing, in one line. */
  reason: string;
  jobs: number;
  /** A point had not enough memory. */
  outOfMemory: boolean;
  /** What the next attempt changes for points that failed, or, `set`, for all points. */
  corrections: NonNullable<AttemptDocument['corrections']>;
  provenance: Record<string, string>;
  times: ReturnType<typeof readJobTimes>;
}

/**
 * Reads the points of an attempt: finished ones through the calculator, the rest by the fate of the job. What a fresh submission may cure is
 * left out, and so is a failure that other settings may cure: `corrections` says which, and whether all points must have them. `applied` are
 * those of before.
 */
export async function harvestPoints(
  computer: Computer,
  calculator: Calculator,
  tasks: readonly PointTask[],
  attempt: AttemptDocument,
  applied: Corrections = correctionsOf([]),
): Promise<Harvest> {
  const names = tasks.flatMap((task) => outputNames(calculator, task).map((name) => `points/${pointFolder(task.label)}/${name}`));
  const [started = '', ended = '', stopped = '', out = ''] = ['started', 'ended', 'stopped', 'out'].map((mark) => `${attempt._id}.${mark}`);
  const files = await computer.transport.getFiles(attempt.folder, ['executions.log', 'jobs.log', started, ended, stopped, out, ...names]);
  const executions = countExecutions(files['executions.log']);
  const harvest: Harvest = {
    points: [],
    files,
    reason: stopped in files ? 'the wall time was nearly over' : `job ended: ${attempt.verdict ?? 'unknown'}`,
    jobs: countJobs(files['jobs.log']),
    outOfMemory: false,
    corrections: [],
    provenance: {},
    times: readJobTimes(files[started], files[ended]),
  };
  for (const task of tasks) {
    const folder = pointFolder(task.label);
    const prefix = `points/${folder}/`;
    const own = Object.fromEntries(
      Object.entries(files).flatMap(([name, text]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), text]] : [])),
    );
    const marker = parseFinishMarker(own['finished']);
    const outcome = marker === undefined ? unfinished(attempt, files[out]) : calculator.readPoint(task, own);
    const correction =
      outcome.kind === 'failed' && marker !== undefined ? calculator.correction?.(task, own, applied.of(task.label)) : undefined;
    if (outcome.kind === 'failed' && resubmittable.has(outcome.reason)) {
      harvest.outOfMemory ||= outcome.reason === 'out-of-memory';
      harvest.reason = `${task.label}: ${outcome.reason}: ${outcome.evidence.slice(0, 300)}`;
      if (correction?.safety === 'safe') harvest.corrections.push(made(task, correction, outcome.evidence));
      continue;
    }
    // What would change the geometry of a point is never done: the failure stands and says so.
    if (outcome.kind === 'failed' && correction !== undefined && correction.safety !== 'forbidden') {
      const entry = made(task, correction, outcome.evidence);
      if (entry.set === undefined || !harvest.corrections.some(({ set, name }) => set === true && name === entry.name))
        harvest.corrections.push(entry);
      harvest.reason = `${task.label}: ${entry.after}; next${entry.set ? ', for the whole set from its start' : ''}: ${entry.says}`;
      continue;
    }
    const version = calculator.codeVersion(own);
    if (version !== undefined) harvest.provenance['code'] = version;
    harvest.points.push({
      label: task.label,
      folder,
      outcome: told(outcome, correction, applied.failures(task.label)),
      wallSeconds: (marker?.milliseconds ?? 0) / 1000,
      executions: Math.max(1, executions.get(folder) ?? 0),
    });
  }
  const host = /^\S+ \S+ (\S+)/m.exec(files['jobs.log'] ?? '')?.[1];
  if (host !== undefined) harvest.provenance['host'] = host;
  return harvest;
}

function outputNames(calculator: Calculator, task: PointTask): string[] {
  return ['finished', 'stdout', 'stderr', ...calculator.writePoint(task).outputs];
}

function made({ label }: PointTask, { name, says, safety }: PointCorrection, evidence: string): Harvest['corrections'][number] {
  const after = evidence.split('\n')[0]?.slice(0, 300) ?? '';
  return { label, name, says, after, ...(safety === 'whole-set' && { set: true as const }) };
}

/** A failure with what was tried before it, and the correction that would have to be made by hand. */
function told(outcome: PointOutcome, correction: PointCorrection | undefined, earlier: readonly string[]): PointOutcome {
  if (outcome.kind === 'completed' || (correction === undefined && earlier.length === 0)) return outcome;
  const [first = '', ...rest] = outcome.evidence.split('\n');
  const possible = correction === undefined ? [] : [`possible (${correction.safety}): ${correction.says}`];
  return { ...outcome, evidence: [first, ...earlier.map((line) => `before: ${line}`), ...possible, ...rest].join('\n') };
}

/** A point without a finish marker shares the fate of its job, which a queue may tell in the job's output only. */
function unfinished({ verdict, detail }: AttemptDocument, output: string | undefined): PointOutcome {
  const told = readJobOutput(output);
  if (told !== undefined) return { kind: 'failed', reason: told.reason, evidence: told.line };
  const reasons: Record<string, PointFailure> = {
    'out-of-time': 'out-of-time',
    'out-of-memory': 'out-of-memory',
    'node-failure': 'node-failure',
    cancelled: 'cancelled',
  };
  return {
    kind: 'failed',
    reason: reasons[verdict ?? ''] ?? 'lost',
    evidence: detail ?? `the job ended (${verdict ?? 'no verdict'}) before this point finished`,
  };
}
