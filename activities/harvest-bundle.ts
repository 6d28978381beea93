import { countExecutions, countJobs, parseFinishMarker, readJobTimes } from '../connectors/bundle/script.js';
import { readJobOutput } from '../connectors/bundle/job-output.js';
import type { Calculator, PointCorrection } from '../connectors/calculator/calculator.js';
import type { Computer } from '../connectors/computer/computer.js';
import type { AttemptDocument, PointRecord } from '../connectors/store/document.js';
import { resubmittable } from '../domain/calculation.js';
import type { PointFailure, PointOutcome, PointTask } from '../domain/point.js';
import { pointFolder } from './calculation-plan.js';

/** What an attempt has left on its computer. */
export interface Harvest {
  points: PointRecord[];
  files: Record<string, string>;
  /** Why points are missing, in one line. */
  reason: string;
  jobs: number;
  /** A point had not enough memory. */
  outOfMemory: boolean;
  /** What the next attempt changes for points that failed. */
  corrections: NonNullable<AttemptDocument['corrections']>;
  provenance: Record<string, string>;
  times: ReturnType<typeof readJobTimes>;
}

/**
 * Reads the points of an attempt: finished ones through the calculator, the rest by the fate of the job. What a fresh submission may cure is
 * left out, and so is a failure that another way to the same number may cure: `corrections` says which. `applied` are those of before.
 */
export async function harvestPoints(
  computer: Computer,
  calculator: Calculator,
  tasks: readonly PointTask[],
  attempt: AttemptDocument,
  applied: ReadonlyMap<string, readonly string[]> = new Map(),
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
    if (outcome.kind === 'failed' && resubmittable.has(outcome.reason)) {
      harvest.outOfMemory ||= outcome.reason === 'out-of-memory';
      harvest.reason = `${task.label}: ${outcome.reason}: ${outcome.evidence.slice(0, 300)}`;
      continue;
    }
    const correction =
      outcome.kind === 'failed' && marker !== undefined ? calculator.correction?.(task, own, applied.get(task.label) ?? []) : undefined;
    // What moves the energies of one member of a set, or its geometry, is not ours to decide here: the failure stands and says so.
    if (outcome.kind === 'failed' && correction?.safety === 'safe') {
      const after = outcome.evidence.split('\n')[0]?.slice(0, 300) ?? '';
      harvest.corrections.push({ label: task.label, name: correction.name, says: correction.says, after });
      harvest.reason = `${task.label}: ${after}; next: ${correction.says}`;
      continue;
    }
    const version = calculator.codeVersion(own);
    if (version !== undefined) harvest.provenance['code'] = version;
    harvest.points.push({
      label: task.label,
      folder,
      outcome: told(outcome, correction),
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

/** A failure with the correction that would have to be made by hand, for all points or none. */
function told(outcome: PointOutcome, correction: PointCorrection | undefined): PointOutcome {
  if (outcome.kind === 'completed' || correction === undefined) return outcome;
  const [first = '', ...rest] = outcome.evidence.split('\n');
  return { ...outcome, evidence: [first, `possible (${correction.safety}): ${correction.says}`, ...rest].join('\n') };
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
