import { CancellationScope, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { CalculationOutcome } from '../domain/calculation.js';
import { collect, store, submitTo, wait } from './proxies.js';

export interface CalculationInput {
  calculation: string;
  /** Who pays, and its place in line; absent in workflows that an older version started. */
  campaign?: string;
  priority?: number;
  label: string;
  computer: string;
  wallTimeSeconds: number;
  /** Submissions before the calculation counts as failed. */
  attempts: number;
}

/**
 * One physical question, from points to property: submit a bundle, wait for the job, collect; what a job left undone goes into the next.
 * The workflow's id is the hash of the question, so the same question never runs twice at the same time.
 */
export async function calculation(input: CalculationInput): Promise<CalculationOutcome> {
  const log: string[] = [];
  try {
    for (;;) {
      const submitted = await submitTo(input.computer, input.campaign, input.priority).submitCalculation.executeWithOptions(
        { summary: `queue ${input.label} on ${input.computer}` },
        [
          {
            calculation: input.calculation,
            ...(input.campaign !== undefined && { campaign: input.campaign }),
            computer: input.computer,
            wallTimeSeconds: input.wallTimeSeconds,
          },
        ],
      );
      if (submitted.kind === 'ended') return submitted.outcome;
      tell(log, `${submitted.attempt}: ${submitted.points} points queued on ${input.computer}`);
      const { verdict } = await wait.awaitJob.executeWithOptions({ summary: `job ${submitted.attempt} on ${input.computer}` }, [
        { attempt: submitted.attempt },
      ]);
      const collected = await collect.collectCalculation.executeWithOptions({ summary: `results of ${submitted.attempt}` }, [
        { calculation: input.calculation, attempt: submitted.attempt, attemptsAllowed: input.attempts },
      ]);
      if (collected.kind === 'ended') {
        tell(
          log,
          `${submitted.attempt}: ${collected.outcome.kind === 'completed' ? 'complete' : `failed, ${collected.outcome.reason}: ${collected.outcome.evidence}`}`,
        );
        return collected.outcome;
      }
      tell(log, `${submitted.attempt}: job ended (${verdict}), ${collected.missing} points missing: ${collected.reason}`);
    }
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => store.cancelCalculation({ calculation: input.calculation }));
    throw error;
  }
}

/** The attempt log, newest last, as the Temporal UI shows it. */
function tell(log: string[], line: string): void {
  log.push(`- ${line.slice(0, 500)}`);
  setCurrentDetails(log.slice(-20).join('\n'));
}
