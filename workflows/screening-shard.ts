import { CancellationScope, condition, defineSignal, executeChild, patched, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { CandidateVerdict } from '../activities/candidate.js';
import { candidateWorkflowId } from '../domain/campaign.js';
import { rootCause } from '../domain/root-cause.js';
import { forEachBounded } from './bounded.js';
import { candidateEvaluation } from './candidate-evaluation.js';
import { PredictionLine } from './prediction-line.js';
import { count, store } from './proxies.js';
import { attributes } from './search-attribute.js';

export interface ScreeningShardInput {
  campaign: string;
  shard: number;
  concurrentCandidates: number;
  paused: boolean;
}

/** The campaign was paused or resumed: candidates under way finish, new ones start only while it is not paused. */
export const pauseChanged = defineSignal<[{ paused: boolean }]>('pauseChanged');

/** Shards of version 0.1.0 had each candidate predicted where it was concluded, by the main workers. */
const inferenceQueue = 'inference-queue';

/** A page of a campaign: evaluates its candidates, a bounded number at a time, and has those that pass predicted in batches. */
export async function screeningShard({
  campaign,
  shard,
  concurrentCandidates,
  paused: initiallyPaused,
}: ScreeningShardInput): Promise<void> {
  let paused = initiallyPaused;
  setHandler(pauseChanged, (change) => {
    paused = change.paused;
  });
  const candidates = await count.readShard({ campaign, shard });
  const verdicts = { ranked: 0, rejected: 0, failed: 0 };
  const tell = (): void =>
    setCurrentDetails(
      `${paused ? '**paused** · ' : ''}${verdicts.ranked + verdicts.rejected + verdicts.failed} of ${candidates.length} candidates: ` +
        `${verdicts.ranked} ranked, ${verdicts.rejected} rejected, ${verdicts.failed} failed`,
    );
  tell();
  const line = patched(inferenceQueue)
    ? new PredictionLine(campaign, (failed) => {
        verdicts.ranked -= failed;
        verdicts.failed += failed;
        tell();
      })
    : undefined;
  const evaluated = forEachBounded(
    candidates,
    concurrentCandidates,
    () => condition(() => !paused),
    async ({ id, formula, lattice }) => {
      const verdict = await executeChild(candidateEvaluation, {
        workflowId: candidateWorkflowId(id),
        args: [{ candidate: id, campaign, formula, lattice, ...(line !== undefined && { predictions: 'later' as const }) }],
        staticSummary: `${formula} (${lattice})`,
        typedSearchAttributes: attributes({ campaign, formula, lattice }),
      }).catch((error: unknown) => recordLost(id, error));
      verdicts[verdict.state] += 1;
      if (verdict.state === 'ranked') line?.add(id);
      tell();
    },
  );
  // What has been concluded is predicted also when one of the others broke the shard.
  try {
    await evaluated;
  } finally {
    await line?.finished();
  }
}

/** Somebody cancelled or terminated this one candidate's workflow: that is its own fate, not that of the campaign. */
async function recordLost(candidate: string, error: unknown): Promise<CandidateVerdict> {
  if (CancellationScope.current().consideredCancelled) throw error;
  return store.recordVerdict({ candidate, state: 'failed', reason: `its workflow was ended from outside: ${rootCause(error)}` });
}
