import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Runtime, Worker } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CampaignRescreen } from '../../connectors/store/document.js';
import type { Activities } from '../../activities/activities.js';
import { failureInterceptor } from '../../activities/failure-interceptor.js';
import { heartbeatInterceptor } from '../../activities/heartbeat-interceptor.js';
import type { CandidatePlan } from '../../activities/candidate.js';
import type { PlannedCalculation } from '../../activities/planned-calculation.js';
import { resolveBinary } from '../../connectors/embedded/binary.js';
import { temporalWays } from '../../connectors/embedded/temporal.js';
import type { CampaignProgress } from '../../domain/progress.js';
import type { RefreshReport } from '../../domain/refresh.js';
import { openComputerState } from '../../domain/computer-state.js';
import { searchAttributeNames } from '../../domain/search-attribute.js';
import { sourceQueue, submissionQueue, taskQueues } from '../../domain/task-queue.js';
import { silent } from '../silent-logger.js';

export const fakeComputer = 'fake-computer';

/** A real dev server of one test file with its workflow bundle; each test runs workers of its own on it, one test after the other. */
export class Bench {
  readonly #environment: TestWorkflowEnvironment;
  readonly #bundle: { code: string };

  private constructor(environment: TestWorkflowEnvironment, bundle: { code: string }) {
    this.#environment = environment;
    this.#bundle = bundle;
  }

  static async open(): Promise<Bench> {
    Runtime.install({ logger: silent });
    const { path } = await resolveBinary('Temporal server', temporalWays(process.env), () => undefined);
    const [environment, bundle] = await Promise.all([
      TestWorkflowEnvironment.createLocal({
        server: {
          executable: { type: 'existing-path', path },
          searchAttributes: Object.values(searchAttributeNames).map((name) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)),
        },
      }),
      bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../../workflows/workflows.ts', import.meta.url)), logger: silent }),
    ]);
    return new Bench(environment, bundle);
  }

  get client(): Client {
    return this.#environment.client;
  }

  /** Runs `work` with workers on both task queues. What a test leaves open is terminated, so that the next one starts clean. */
  async with<Result>(fake: FakeActivities, work: (client: Client) => Promise<Result>): Promise<Result> {
    const common = {
      connection: this.#environment.nativeConnection,
      activities: fake.activities,
      interceptors: { activity: [failureInterceptor, heartbeatInterceptor] },
      // Cancellation travels with heartbeats: tests do not wait for the throttle of production.
      maxHeartbeatThrottleInterval: '100ms' as const,
      defaultHeartbeatThrottleInterval: '100ms' as const,
    };
    const workers = await Promise.all([
      Worker.create({ ...common, taskQueue: taskQueues.main, workflowBundle: this.#bundle }),
      Worker.create({ ...common, taskQueue: taskQueues.wait }),
      Worker.create({ ...common, taskQueue: submissionQueue(fakeComputer) }),
      Worker.create({ ...common, taskQueue: taskQueues.inference }),
      Worker.create({ ...common, taskQueue: sourceQueue('materials-project') }),
    ]);
    const [main, ...others] = workers;
    const nested = <Result>(run: () => Promise<Result>): (() => Promise<Result>) =>
      others.reduce<() => Promise<Result>>((inner, worker) => () => worker.runUntil(inner), run);
    return main.runUntil(
      nested(async () => {
        try {
          return await work(this.client);
        } finally {
          fake.release();
          for await (const { workflowId } of this.client.workflow.list({ query: `ExecutionStatus = 'Running'` }))
            await this.client.workflow
              .getHandle(workflowId)
              .terminate('the test is over')
              .catch(() => undefined);
        }
      })(),
    );
  }

  async close(): Promise<void> {
    await this.#environment.teardown();
  }
}

export interface Call<Name extends keyof Activities = keyof Activities> {
  name: Name;
  input: Parameters<Activities[Name]>[0];
  attempt: number;
}

/** Stand-ins for all activities: they do at once what a campaign without trouble does, remember their calls, and can be replaced one by one. */
export class FakeActivities {
  readonly activities: Activities;
  readonly calls: Call[] = [];
  readonly #gates: Gate[] = [];

  constructor(changes: Partial<Activities> = {}) {
    const defaults: Activities = {
      prepareCampaign: async () => ({ shards: 1, candidates: 2, concurrentCandidates: 2 }),
      promoteCandidates: async () => ({ from: 1, to: 1, candidates: 0 }),
      readShard: async ({ campaign, shard }) => [0, 1].map((index) => fakeCandidate(`${campaign}/s${shard}c${index}`)),
      readProgress: async ({ campaign }) => ({
        ...fakeProgress,
        campaign,
        state: this.named('recordCampaignState').at(-1)?.input.state ?? 'running',
      }),
      recordCampaignState: async () => undefined,
      planCandidate: async ({ candidate }) => fakePlan(candidate),
      planPeierls: async ({ candidate }) => [fakeCalculation(`${candidate}/peierls`, { kind: 'peierls-stress' })],
      concludeCandidate: async () => ({ state: 'ranked', reason: 'as it should be' }),
      interpolatePage: async () => ({ model: 'fake', predicted: 0, reused: 0, failed: [] }),
      predictBatch: async ({ candidates }) => ({ model: 'fake', predicted: candidates?.length ?? 0, reused: 0, failed: [] }),
      trainPredictor: async () => ({ model: 'fake', rows: 10, classes: 1, seconds: 1, backend: 'fake' }),
      promotePredictor: async () => undefined,
      chooseCampaignModel: async ({ model }) => ({ model: model ?? 'fake-shipped', candidates: 4500 }),
      recordVerdict: async ({ state, reason }) => ({ state, reason }),
      submitCalculation: async ({ calculation }) => ({
        kind: 'submitted',
        attempt: `${calculation}-${this.named('submitCalculation').filter(({ input }) => input.calculation === calculation).length}`,
        points: 3,
      }),
      awaitJob: async () => ({ verdict: 'completed' }),
      collectCalculation: async () => ({ kind: 'ended', outcome: { kind: 'completed' } }),
      cancelCalculation: async () => undefined,
      awaitCalculation: async () => null,
      readUndelivered: async () => ['chat'],
      deliverNotification: async () => undefined,
      recordDelivery: async () => undefined,
      surveyComputer: async ({ computer }) => openComputerState(computer, '2026-01-01T00:00:00Z'),
      setComputerCondition: async ({ computer, condition, reason }) => ({
        ...openComputerState(computer, '2026-01-01T00:00:00Z'),
        condition,
        reason,
      }),
      beginRefresh: async () => ({ kind: 'scan', scan: 1, done: false }),
      refreshPage: async () => {
        const page = this.named('refreshPage').length;
        return { page, done: page >= 3, records: 1000 * page, usable: 10 * page, total: 3000 };
      },
      finishRefresh: async ({ source }) => ({ kind: 'unchanged', report: { ...fakeReport, source } }),
      rescreenCampaign: async () => ({ shards: 1, firstShard: 1, candidates: 0, concurrentCandidates: 2, note: fakeNote }),
      rescreenCampaigns: async ({ report }) => report,
      tellOfRefreshFailure: async () => undefined,
      recordRefreshFailure: async () => undefined,
      setComputerBudget: async ({ computer, coreHours }) => ({
        ...openComputerState(computer, '2026-01-01T00:00:00Z'),
        ...(coreHours !== null && { budgetCoreHours: coreHours }),
      }),
    };
    const all = { ...defaults, ...changes };
    this.activities = Object.fromEntries(
      Object.entries(all).map(([name, run]) => [
        name,
        async (input: never) => {
          this.calls.push({ name: name as keyof Activities, input, attempt: Context.current().info.attempt });
          return (run as (input: never) => Promise<unknown>)(input);
        },
      ]),
    ) as unknown as Activities;
  }

  /** The calls of one activity, oldest first. */
  named<Name extends keyof Activities>(name: Name): Call<Name>[] {
    return this.calls.filter((call): call is Call<Name> => call.name === name);
  }

  /** What stops activities until the test opens it; the end of the test opens it in any case. */
  gate(): Gate {
    const gate = new Gate();
    this.#gates.push(gate);
    return gate;
  }

  release(): void {
    for (const gate of this.#gates) gate.open();
  }
}

export class Gate {
  readonly #opened: Promise<void>;
  open: () => void = () => undefined;
  /** Activities that have arrived so far. */
  arrived = 0;

  constructor() {
    this.#opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  /** As `awaitJob` waits: with heartbeats, given up when cancelled. */
  async pass(): Promise<void> {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(), 50);
    this.arrived += 1;
    try {
      await Promise.race([this.#opened, context.cancelled]);
    } finally {
      clearInterval(beat);
    }
  }

  /** As a short activity waits: it has no ear for cancellation. */
  async passDeaf(): Promise<void> {
    this.arrived += 1;
    await this.#opened;
  }
}

export const fakeProgress: CampaignProgress = {
  campaign: 'fake',
  state: 'running',
  counts: { candidates: 2, ranked: 0, rejected: 0, failed: 0, pending: 2 },
  points: { distinct: 0, executed: 0, reused: 0 },
  jobs: { submitted: 0, distinctAttempts: 0 },
  startedAt: null,
  finishedAt: null,
  lastFailure: null,
  waitingFor: null,
};

export const fakeReport: RefreshReport = {
  source: 'fake',
  mode: 'full',
  databaseVersion: '2025.09.25',
  previousVersion: null,
  records: 3000,
  usable: 30,
  refused: 2970,
  added: 3000,
  changed: 0,
  removed: 0,
  duplicates: 0,
  pages: 3,
  examples: { added: [], changed: [], removed: [] },
  warnings: [],
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:01:00Z',
};

export function fakeCandidate(id: string): { id: string; formula: string; lattice: string } {
  return { id, formula: 'Cu', lattice: 'fcc' };
}

export function fakeCalculation(id: string, change: Partial<PlannedCalculation> = {}): PlannedCalculation {
  return { id, kind: 'relaxation', label: id, outcome: null, ...change };
}

export function fakePlan(candidate: string, change: Partial<Extract<CandidatePlan, { kind: 'planned' }>> = {}): CandidatePlan {
  return {
    kind: 'planned',
    computer: fakeComputer,
    attempts: 3,
    wallTimeSeconds: 60,
    relaxation: fakeCalculation(`${candidate}/relaxation`),
    elastic: fakeCalculation(`${candidate}/elastic`, { kind: 'elastic-tensor' }),
    gamma: [fakeCalculation(`${candidate}/gamma`, { kind: 'gamma-surface' })],
    ...change,
  };
}

/** Asks again until the answer holds, and returns it. */
export async function until<Value>(read: () => Value | Promise<Value>, holds: (value: Value) => boolean, seconds = 40): Promise<Value> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`after ${seconds} s still ${JSON.stringify(value)?.slice(0, 1000)}`);
    await sleep(20);
  }
}

export const fakeNote: CampaignRescreen = { scans: [], added: 0, changed: 0, removed: 0, shards: [1, 1], at: '2026-01-01T00:00:00Z' };
