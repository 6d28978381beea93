import { Context } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { AttemptDocument, CalculationDocument } from '../connectors/store/document.js';
import { pack } from '../connectors/store/nested-array.js';
import { keepOutputs } from '../connectors/store/output.js';
import { insertNew } from '../connectors/store/store.js';
import type { CalculationOutcome } from '../domain/calculation.js';
import type { ComputerSettings } from '../domain/computer.js';
import { calculationWorkflowId } from '../domain/campaign.js';
import { InvalidInput, ServiceUnavailable } from '../domain/failures.js';
import { rootCause } from '../domain/root-cause.js';
import { concluded, gaveUp } from './calculation-outcome.js';
import { planCalculation } from './calculation-plan.js';
import { attemptName, calculationRecords, correctionsOf, jobHandle, setCorrections, sinceRestart } from './calculation-records.js';
import { Admission } from './admission.js';
import { SubmissionGate } from './submission-gate.js';
import type { Dependencies } from './dependencies.js';
import { harvestPoints } from './harvest-bundle.js';
import { calculationFolder, stageBundle } from './stage-bundle.js';

export interface SubmitCalculationInput {
  calculation: string;
  /** The campaign that pays; absent in workflows that an older version started. */
  campaign?: string;
  computer: string;
  wallTimeSeconds: number;
}

export type SubmittedCalculation = { kind: 'ended'; outcome: CalculationOutcome } | { kind: 'submitted'; attempt: string; points: number };

export interface CollectCalculationInput {
  calculation: string;
  attempt: string;
  attemptsAllowed: number;
}

export type CollectedCalculation = { kind: 'ended'; outcome: CalculationOutcome } | { kind: 'incomplete'; missing: number; reason: string };

/** A job that was ended for its memory is given this much more of it the next time. */
const memoryGrowth = 1.5;

/** Attempts of one calculation that may end in corrections; the rules have limits of their own, for each point. */
const mostCorrecting = 8;

/** Activities of the `calculation` workflow. */
export function calculationActivities(dependencies: Dependencies) {
  const { store, computers, temporal } = dependencies;
  const admission = new Admission(dependencies);
  const gate = new SubmissionGate();
  const { readCalculation, attemptsOf, pointsOf, readAttempt } = calculationRecords(store);

  return {
    /**
     * Stages the points that have no result yet and queues them as one bundle. Exactly once in effect: the attempt's name follows from the
     * calculation and the number of attempts that have ended, so every repeat uses the same name, and the scheduler queues a name once.
     */
    async submitCalculation(input: SubmitCalculationInput): Promise<SubmittedCalculation> {
      return admission.on(input.computer, () => submitOnce(input));
    },

    /** Waits for the job of an attempt and records its verdict. Holds no connection of its own: one query per interval serves all waiters of a computer. */
    async awaitJob({ attempt }: { attempt: string }): Promise<{ verdict: string }> {
      const document = await readAttempt(attempt);
      if (document.verdict !== undefined) return { verdict: document.verdict };
      const { monitor } = computers.get(document.computer);
      const report = await admission.on(document.computer, () =>
        monitor.wait(jobHandle(document), { signal: Context.current().cancellationSignal }),
      );
      const verdict = report.verdict ?? 'lost';
      await store
        .collection('attempts')
        .updateOne({ _id: attempt }, { $set: { verdict, ...(report.detail !== undefined && { detail: report.detail }) } });
      return { verdict };
    },

    /**
     * Brings in what an attempt has produced and, when no point is missing, fits the property. Repeat-safe: points, outputs and
     * properties are inserted under natural keys, and the attempt ends last.
     */
    async collectCalculation(input: CollectCalculationInput): Promise<CollectedCalculation> {
      const attempt = await readAttempt(input.attempt);
      return admission.on(attempt.computer, () => collectOnce(input, attempt));
    },

    /** Takes a calculation's open jobs out of the queue. Repeat-safe: a job that has ended is left alone. */
    async cancelCalculation({ calculation }: { calculation: string }): Promise<void> {
      const document = await readCalculation(calculation);
      const attempts = await attemptsOf(document);
      for (const attempt of attempts.filter(({ state }) => state === 'claimed' || state === 'submitted')) {
        await admission.on(attempt.computer, () => computers.get(attempt.computer).scheduler.cancel(jobHandle(attempt)));
        await store
          .collection('attempts')
          .updateOne({ _id: attempt._id }, { $set: { state: 'cancelled', verdict: 'cancelled', endedAt: new Date().toISOString() } });
      }
      if (document.outcome === null)
        await store.collection('calculations').updateOne({ _id: calculation }, { $set: { state: 'cancelled' } });
    },

    /** Waits for a calculation that another candidate has started. Returns null when that one ended without a result: then it is ours to start. */
    async awaitCalculation({ calculation }: { calculation: string }): Promise<CalculationOutcome | null> {
      await Promise.race([
        temporal.workflow.getHandle(calculationWorkflowId(calculation)).result().catch(otherEnded),
        Context.current().cancelled,
      ]);
      return (await readCalculation(calculation)).outcome;
    },
  };

  async function submitOnce({
    calculation,
    campaign,
    computer: computerName,
    wallTimeSeconds,
  }: SubmitCalculationInput): Promise<SubmittedCalculation> {
    const document = await readCalculation(calculation);
    if (document.outcome !== null) return { kind: 'ended', outcome: document.outcome };
    const calculator = await dependencies.calculators.get(document.calculator);
    const plan = await planCalculation(store, calculator, document);
    const attempts = await attemptsOf(document);
    const open = attempts.find(({ state }) => state === 'submitted' || state === 'claimed');
    if (open?.state === 'submitted') return { kind: 'submitted', attempt: open._id, points: open.pointsWanted };

    // What was begun on one computer is not begun on another: its job may be in that queue.
    const computer = computers.get(open?.computer ?? computerName);
    if (campaign !== undefined) await admission.toSubmit(computer.name, campaign);
    const done = await pointsOf(sinceRestart(attempts));
    const tasks = plan.tasks.filter((task) => !done.some((point) => point.label === task.label));
    // All points were brought in, but the calculation was interrupted before it was concluded: nothing is left to queue.
    const last = attempts.at(-1);
    if (tasks.length === 0 && last !== undefined) return { kind: 'submitted', attempt: last._id, points: 0 };
    const number = attempts.filter(({ state }) => state === 'ended' || state === 'cancelled').length + 1;
    const request = {
      name: attemptName(calculation, number),
      folder: calculationFolder(computer, calculation),
      wallTimeSeconds,
      memoryFactor: memoryGrowth ** attempts.filter(({ outOfMemory }) => outOfMemory === true).length,
    };
    const attempt: AttemptDocument = {
      _id: request.name,
      calculation,
      number,
      computer: computer.name,
      folder: request.folder,
      jobId: null,
      state: 'claimed',
      ...(campaign !== undefined && { campaign }),
      cores: coresOf(computer.settings.scheduler),
      pointsWanted: tasks.length,
      pointsDone: 0,
      submittedAt: new Date().toISOString(),
      endedAt: null,
    };
    await store
      .collection('calculations')
      .updateOne({ _id: calculation }, { $set: { attempts: number, computer: computer.name, 'points.total': plan.tasks.length } });
    await insertNew(store.collection('attempts'), [attempt]);
    const uncollected = new Set(attempts.filter(({ state }) => state === 'cancelled').map(({ _id }) => _id));
    const corrections = correctionsOf(attempts);
    await stageBundle({ computer, calculator, request, tasks, fresh: number === 1, retried: open !== undefined, uncollected, corrections });
    const jobId = await gate.pass(computer, request.name, () => computer.scheduler.submit(request));
    await admission.wake(computer.name);
    await store.collection('attempts').updateOne({ _id: request.name }, { $set: { jobId, state: 'submitted' } });
    return { kind: 'submitted', attempt: request.name, points: tasks.length };
  }

  async function collectOnce(
    { calculation, attempt, attemptsAllowed }: CollectCalculationInput,
    attemptDocument: AttemptDocument,
  ): Promise<CollectedCalculation> {
    const document = await readCalculation(calculation);
    const computer = computers.get(attemptDocument.computer);
    if (document.outcome !== null) return { kind: 'ended', outcome: document.outcome };
    const calculator = await dependencies.calculators.get(document.calculator);
    const plan = await planCalculation(store, calculator, document);
    const attempts = await attemptsOf(document);
    const earlier = await pointsOf(sinceRestart(attempts.filter(({ _id }) => _id !== attempt)));
    const wanted = plan.tasks.filter((task) => !earlier.some((point) => point.label === task.label));
    const applied = correctionsOf(attempts.filter(({ _id }) => _id !== attempt));
    const harvest = await harvestPoints(computer, calculator, wanted, attemptDocument, applied);
    const outputs = await keepOutputs(store, harvest.files);
    await insertNew(store.collection('bundles'), [
      { _id: attempt, calculation, computer: computer.name, points: pack(harvest.points), outputs },
    ]);
    await store.collection('attempts').updateOne(
      { _id: attempt },
      {
        $set: {
          state: 'ended',
          pointsDone: harvest.points.length,
          endedAt: new Date().toISOString(),
          ...harvest.times,
          ...(harvest.points.length < wanted.length && { detail: harvest.reason }),
          ...(harvest.outOfMemory && { outOfMemory: true }),
          ...(harvest.corrections.length > 0 && { corrections: harvest.corrections }),
        },
      },
    );

    // A correction of the whole set leaves no point as it was.
    const restart = harvest.corrections.some(({ set }) => set);
    const points = restart ? [] : [...earlier, ...harvest.points];
    const missing = plan.tasks.filter((task) => !points.some((point) => point.label === task.label));
    // An attempt that brought points in was no failure, since a bundle may be longer than a job can last; nor one that is corrected, within limits.
    const counting = attempts.filter(({ number }) => number > (document.attemptsForgiven ?? 0));
    const fruitless = counting.filter((it) =>
      it._id === attempt
        ? harvest.points.length === 0 && harvest.corrections.length === 0
        : it.state === 'ended' && it.pointsDone === 0 && it.corrections === undefined,
    ).length;
    const correcting = counting.filter((it) => (it._id === attempt ? harvest.corrections.length > 0 : it.corrections !== undefined)).length;
    // A point that nothing can cure decides the calculation: the others are not worth their time any more.
    const decided = points.some(({ outcome }) => outcome.kind === 'failed');
    if (missing.length > 0 && !decided && fruitless < attemptsAllowed && correcting <= mostCorrecting)
      return { kind: 'incomplete', missing: missing.length, reason: harvest.reason };
    const { outcome, value } = missing.length > 0 && !decided ? gaveUp(missing, harvest.reason) : concluded(plan, points);
    const now = new Date().toISOString();
    if (value !== undefined)
      await insertNew(store.collection('properties'), [
        {
          _id: calculation,
          kind: document.kind,
          formula: document.formula,
          value: pack(value),
          attempts: attempts.map(({ _id }) => _id),
          createdAt: now,
        },
      ]);
    const forSet = setCorrections(attempts);
    const executed = points.reduce((sum, point) => sum + point.executions, 0);
    await store.collection('calculations').updateOne(
      { _id: calculation },
      {
        $set: {
          outcome,
          state: outcome.kind === 'completed' ? 'parsed' : 'failed',
          points: { total: plan.tasks.length, executed },
          jobs: harvest.jobs,
          provenance: {
            ...document.provenance,
            ...calculator.describe(plan.tasks[0]?.structure ?? emptyStructure(document)),
            ...harvest.provenance,
            ...(forSet.length > 0 && { corrections: forSet.join(', ') }),
          },
          finishedAt: now,
        },
      },
    );
    if (outcome.kind === 'completed' && computer.settings.cleanUp === 'completed') await computer.transport.remove(attemptDocument.folder);
    return { kind: 'ended', outcome };
  }
}

/** However the other workflow ended, or if there is none, the store says what came of it. A server that does not answer has said nothing. */
function otherEnded(error: unknown): void {
  if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return;
  throw new ServiceUnavailable(`Temporal does not answer: ${rootCause(error)}`, { cause: error });
}

function coresOf(scheduler: ComputerSettings['scheduler']): number {
  return scheduler.kind === 'direct' ? 1 : Math.max(scheduler.tasks, scheduler.nodes);
}

function emptyStructure({ _id }: CalculationDocument): never {
  throw new InvalidInput(`the calculation ${_id} has no points`);
}
