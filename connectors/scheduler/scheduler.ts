import type { RemotePath } from '../transport/transport.js';

/** The queue's own id of a job. */
export type JobId = string;

/** State in the queue. The verdict on the work comes from markers and accounting, never from absence. */
export type JobState = 'queued' | 'held' | 'running' | 'suspended' | 'done' | 'unknown';

export interface JobReport {
  state: JobState;
  /** Set once `done`: how the job ended, as far as queue, accounting and markers can tell. */
  verdict?: 'completed' | 'failed' | 'cancelled' | 'out-of-time' | 'out-of-memory' | 'node-failure' | 'lost';
  exitCode?: number;
  /** Evidence in the queue's own words. */
  detail?: string;
}

export interface JobRequest {
  /** Unique name of this attempt; the same name always means the same job. */
  name: string;
  /** Folder that holds `<name>.sh`; the job's markers appear there. */
  folder: RemotePath;
  /** Time after which the queue may end the job, in seconds. Default: that of the computer's scheduler settings. */
  wallTimeSeconds?: number;
  /** Factor on the memory that the computer's scheduler settings ask for, where they do. Default 1. */
  memoryFactor?: number;
}

/** A job as the scheduler needs it to be found again. */
export interface JobHandle extends JobRequest {
  id: JobId;
}

/** A queue system as seen from its login node. Implementations differ only in commands and in how replies are read. */
export interface Scheduler {
  readonly name: 'direct' | 'slurm' | 'pbs' | 'sge' | 'lsf';
  /** Lines for the head of the job script (`#SBATCH ...`), and shell text that must run before the work. */
  preamble(request: JobRequest): string[];
  /** Queues a prepared script, or finds the job that an earlier try has queued under this name. Throws `SchedulerBusy` when the queue takes no more. */
  submit(request: JobRequest): Promise<JobId>;
  /** Reports every job asked for; one the queue no longer knows is looked up further. One round trip, however many jobs. */
  report(jobs: readonly JobHandle[]): Promise<Map<string, JobReport>>;
  /** Reports those jobs that have left their exit marker, without a word to the queue. Absent where `report` asks no queue either. */
  ended?(jobs: readonly JobHandle[]): Promise<Map<string, JobReport>>;
  /** Asks the queue to stop a job. A job that has already ended is not an error. */
  cancel(job: JobHandle): Promise<void>;
  /** How long to wait between reports at first, and at most, in seconds. */
  readonly cadenceSeconds: { first: number; most: number };
}
