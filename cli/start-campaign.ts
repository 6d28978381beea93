import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowIdConflictPolicy, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { CampaignDocument } from '../connectors/store/document.js';
import { pack } from '../connectors/store/nested-array.js';
import { registerSource } from '../connectors/store/source.js';
import { insertNew, type Store } from '../connectors/store/store.js';
import { campaignWorkflowId } from '../domain/campaign.js';
import { InvalidInput } from '../domain/failures.js';
import { taskQueues, type SourceService } from '../domain/task-queue.js';
import { attributes } from '../workflows/search-attribute.js';
import type { screeningCampaign } from '../workflows/screening-campaign.js';
import type { LoadedCampaign } from './campaign-file.js';
import { checkSource } from './command/source/resolve.js';

export type Started = 'started' | 'attached' | 'resumed' | 'finished-before' | 'changed';

/**
 * Starts the campaign of a file, or finds it: the same file attaches to a running campaign, resumes a cancelled or failed one, and reports a
 * finished one. A changed file starts a new revision, which reuses every calculation that both have in common.
 */
export async function startCampaign(store: Store, temporal: Client, loaded: LoadedCampaign): Promise<Started> {
  const { definition, definitionHash, fileMaterials, dislocations, sources } = loaded;
  const workflow = dislocations === undefined ? 'screeningCampaign' : 'trainingCampaign';
  const campaigns = store.collection('campaigns');
  const existing = await campaigns.findOne({ _id: definition.name });
  // A campaign is recorded as ended a moment before its workflow closes.
  if (existing !== null && existing.state !== 'running' && existing.state !== 'paused') await closed(temporal, definition.name);
  const alive = await isRunning(temporal, definition.name);
  if (existing !== null && existing.definitionHash !== definitionHash && alive)
    throw new InvalidInput(`the campaign "${definition.name}" is running with another definition`, {
      path: 'name',
      remedy: `Wait for it, run "peierls cancel ${definition.name}" first, or give this one another name`,
    });
  if (existing?.definitionHash === definitionHash) {
    if (existing.state === 'done') return 'finished-before';
    if (alive) return 'attached';
    await campaigns.updateOne({ _id: definition.name }, { $set: { state: 'running', finishedAt: null } });
    const unread = (existing.sources ?? []).filter(({ scan }) => scan === null).map(({ name }) => name);
    await launchCampaign(temporal, workflow, definition.name, existing.revision, refreshes(sources, unread));
    return 'resumed';
  }
  for (const source of sources) await checkSource(source.definition, process.env, AbortSignal.timeout(600_000));
  for (const source of sources) await registerSource(store, source.name, source.definition);
  await insertNew(store.collection('materials'), fileMaterials);
  const document: CampaignDocument = {
    _id: definition.name,
    definition: pack(definition),
    definitionHash,
    revision: (existing?.revision ?? 0) + 1,
    state: 'running',
    shards: 0,
    priority: definition.priority,
    ...(definition.limits.coreHours !== undefined && { budgetCoreHours: definition.limits.coreHours }),
    ...(dislocations !== undefined && { dislocations: pack(dislocations) }),
    fileMaterials: fileMaterials.map(({ _id }) => _id),
    ...(sources.length > 0 && { sources: sources.map(({ name }) => ({ name, scan: null })) }),
    startedAt: new Date().toISOString(),
    finishedAt: null,
  };
  await campaigns.replaceOne({ _id: definition.name }, document, { upsert: true });
  const names = sources.map(({ name }) => name);
  await launchCampaign(temporal, workflow, definition.name, document.revision, refreshes(sources, names));
  return existing === null ? 'started' : 'changed';
}

/** Starts the campaign's workflow, or finds it running. */
export async function launchCampaign(
  temporal: Client,
  workflow: 'screeningCampaign' | 'trainingCampaign',
  campaign: string,
  revision: number,
  sources: { name: string; service: SourceService }[] = [],
): Promise<void> {
  await temporal.workflow.start<typeof screeningCampaign>(workflow, {
    taskQueue: taskQueues.main,
    workflowId: campaignWorkflowId(campaign),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    args: [{ campaign, revision, ...(sources.length > 0 && { sources }) }],
    staticSummary: `${workflow === 'screeningCampaign' ? 'Screening' : 'Training'} campaign ${campaign}`,
    // What the UI shows beside the current counts, in Markdown.
    staticDetails: [
      `\`peierls status ${campaign}\` · \`peierls rank ${campaign}\` · \`peierls export ${campaign} --format html\``,
      '',
      `To steer it: \`peierls pause|resume|cancel|priority|budget ${campaign}\``,
    ].join('\n'),
    typedSearchAttributes: attributes({ campaign, phase: 'enumerating' }),
  });
}

function refreshes(sources: LoadedCampaign['sources'], names: readonly string[]): { name: string; service: SourceService }[] {
  return sources.flatMap(({ name, definition }) => (names.includes(name) ? [{ name, service: definition.source }] : []));
}

/** Waits, for at most ten seconds, until Temporal has closed the campaign's workflow. */
async function closed(temporal: Client, campaign: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && (await isRunning(temporal, campaign))) await sleep(100);
}

/** Whether Temporal has the campaign's workflow open. */
export async function isRunning(temporal: Client, campaign: string): Promise<boolean> {
  try {
    const { status } = await temporal.workflow.getHandle(campaignWorkflowId(campaign)).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
