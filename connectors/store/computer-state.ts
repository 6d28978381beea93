import { computerFigures, openComputerState, type ComputerCondition, type ComputerState } from '../../domain/computer-state.js';
import type { Store } from './store.js';

/** How a computer stands; one that nobody has touched is open. */
export async function readComputerState(store: Store, name: string): Promise<ComputerState> {
  return (await store.collection('computers').findOne({ _id: name })) ?? openComputerState(name, new Date().toISOString());
}

/** Writes a condition. Resuming counts the epoch up only when the computer was not open, so a repeated command changes nothing. */
export async function changeCondition(store: Store, name: string, condition: ComputerCondition, reason: string): Promise<ComputerState> {
  const state = await readComputerState(store, name);
  if (state.condition === condition && (condition === 'open' || state.reason === reason)) return state;
  const epoch = condition === 'open' ? state.epoch + 1 : state.epoch;
  const changed = { condition, reason, epoch, changedAt: new Date().toISOString() };
  await store
    .collection('computers')
    .updateOne({ _id: name }, { $set: changed, $setOnInsert: { figures: state.figures } }, { upsert: true });
  return { ...state, ...changed };
}

/** Sets or lifts (`undefined`) the core hours that may be spent on a computer. */
export async function changeComputerBudget(store: Store, name: string, coreHours: number | undefined): Promise<ComputerState> {
  const { _id, ...state } = await readComputerState(store, name);
  await store
    .collection('computers')
    .updateOne(
      { _id },
      coreHours === undefined ? { $unset: { budgetCoreHours: '' } } : { $set: { budgetCoreHours: coreHours }, $setOnInsert: state },
      { upsert: true },
    );
  return readComputerState(store, name);
}

/** Core hours that a campaign has spent over all computers, as of their latest surveys. */
export async function spentBy(store: Store, campaign: string): Promise<number> {
  const states = await store.collection('computers').find().toArray();
  return states
    .flatMap(({ figures }) => figures.coreHours.byCampaign)
    .reduce((sum, it) => sum + (it.campaign === campaign ? it.hours : 0), 0);
}

/** Measures a computer from the attempts in the store and writes the figures down. One scan of the attempts. */
export async function surveyComputer(store: Store, name: string): Promise<ComputerState> {
  const attempts = await store
    .collection('attempts')
    .find(
      { computer: name },
      { projection: { campaign: 1, state: 1, pointsDone: 1, cores: 1, endedAt: 1, queueSeconds: 1, runSeconds: 1 } },
    )
    .toArray();
  const figures = computerFigures(
    attempts.map((it) => ({
      campaign: it.campaign ?? '',
      open: it.state === 'submitted' || it.state === 'claimed',
      pointsDone: it.pointsDone,
      cores: it.cores ?? 1,
      endedAt: it.endedAt,
      queueSeconds: it.queueSeconds,
      runSeconds: it.runSeconds,
    })),
    new Date().toISOString(),
  );
  const { _id, ...state } = await readComputerState(store, name);
  const { figures: _old, ...others } = state;
  await store.collection('computers').updateOne({ _id }, { $set: { figures }, $setOnInsert: others }, { upsert: true });
  return { _id, ...state, figures };
}
