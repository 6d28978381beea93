import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { WorkflowIdConflictPolicy } from '@temporalio/client';
import { libraryFiles, readLibrary, readText } from '../../connectors/predictor/library.js';
import { loadModel } from '../../connectors/predictor/model-folder.js';
import { requireCommonClass } from '../../connectors/predictor/model-training.js';
import { defaultPredictor } from '../../connectors/predictor/predictor.js';
import {
  cardOf,
  findModel,
  promoteModel,
  promotedModel,
  promotions,
  registerModel,
  rollBackModel,
  shippedName,
} from '../../connectors/store/model-registry.js';
import { keepOutputs } from '../../connectors/store/output.js';
import type { Store } from '../../connectors/store/store.js';
import { canonicalJson } from '../../domain/canonical.js';
import { campaignPredictionWorkflowId, predictorTrainingWorkflowId } from '../../domain/campaign.js';
import { InvalidInput } from '../../domain/failures.js';
import { taskQueues } from '../../domain/task-queue.js';
import type { campaignPrediction } from '../../workflows/campaign-prediction.js';
import type { predictorTraining, PredictorTrainingInput } from '../../workflows/predictor-training.js';
import { duration } from '../../domain/duration.js';
import type { Output } from '../output.js';
import { table } from '../table.js';
import { withServices, withStore } from '../session.js';
import { classTable, report, type TrainOptions } from './train.js';

/** `peierls model list`: the models in the store, which one speaks, and who uses which. */
export function listModels(output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    const [documents, present, history, campaigns] = await Promise.all([
      store.collection('models').find().toArray(),
      promotedModel(store),
      promotions(store),
      store
        .collection('campaigns')
        .find({}, { projection: { model: 1 } })
        .toArray(),
    ]);
    const shipped = defaultPredictor().model;
    const models = documents.map((document) => {
      const card = cardOf(document);
      return {
        model: document._id,
        promoted: document._id === (present ?? shipped),
        origin: document.origin,
        trainedAt: card.trainedAt,
        classes: card.classes.length,
        rows: card.classes.reduce((sum, { rows }) => sum + rows, 0),
        campaigns: campaigns.filter(({ model }) => model === document._id).map(({ _id }) => _id),
      };
    });
    output.result({ promoted: present ?? shipped, shipped, models, history }, [
      `Campaigns are ranked by ${present ?? `${shipped} (shipped)`}.`,
      ...table(
        ['model', 'origin', 'trained', 'classes', 'rows', 'campaigns'],
        models.map((it) => [it.model, it.origin, it.trainedAt, it.classes, it.rows, it.campaigns.join(' ') || '-']),
      ),
    ]);
    return 0;
  });
}

/** `peierls model add <folder>`: a model that `peierls train` wrote, checked and kept. */
export function addModel(folder: string, output: Output): Promise<number> {
  const { id } = loadModel(folder);
  return withStore(process.env, output, async (store) => {
    await registerModel(store, { id, folder, origin: 'added' });
    output.result({ model: id, folder }, [`${id} is in the store; peierls model promote ${id} makes it that of new campaigns.`]);
    return 0;
  });
}

/** `peierls model promote <id>`. */
export function promote(id: string, reason: string, output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    const model = await named(store, id);
    const before = await promotedModel(store);
    const history = await promoteModel(store, model, reason);
    output.result({ promoted: model ?? shippedName, before: before ?? shippedName, history }, [
      `New campaigns are ranked by ${model ?? 'the shipped model'} (before: ${before ?? 'the shipped one'}).`,
      'Campaigns that have begun keep theirs; peierls repredict <campaign> changes it.',
    ]);
    return 0;
  });
}

/** `peierls model rollback`. */
export function rollBack(output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    const undone = await promotedModel(store);
    const present = await rollBackModel(store);
    output.result({ promoted: present ?? shippedName, undone: undone ?? shippedName }, [
      `New campaigns are ranked by ${present ?? 'the shipped model'} again.`,
    ]);
    return 0;
  });
}

/** `peierls model train <library.json...>`: like `train`, by the workers, into the store. */
export function trainModel(
  paths: string[],
  { seed, networks, elsewhere: others = [], promote: wanted }: Omit<TrainOptions, 'out'> & { promote?: boolean },
  output: Output,
): Promise<number> {
  const [files, elsewhere] = [libraryFiles(paths), libraryFiles(others)];
  const texts = Object.fromEntries([...files, ...elsewhere].map((file) => [basename(file), readText(file)]));
  if (Object.keys(texts).length < files.length + elsewhere.length)
    throw new InvalidInput('two libraries have the same file name', { value: [...files, ...elsewhere], remedy: 'Rename one of them' });
  const [learned, widening] = [files.map((file) => readLibrary(file)), elsewhere.map((file) => readLibrary(file))];
  report([...learned, ...widening], output);
  requireCommonClass(learned, widening);
  return withServices(process.env, output, { worker: true }, async ({ store, temporal }) => {
    const inputs: PredictorTrainingInput = {
      libraries: await keepOutputs(store, texts),
      files: files.map((file) => basename(file)),
      ...(elsewhere.length > 0 && { elsewhere: elsewhere.map((file) => basename(file)) }),
      seed,
      networks,
      promote: wanted === true,
    };
    const id = predictorTrainingWorkflowId(createHash('sha256').update(canonicalJson(inputs)).digest('hex').slice(0, 16));
    const handle = await temporal.workflow.start<typeof predictorTraining>('predictorTraining', {
      taskQueue: taskQueues.main,
      workflowId: id,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      args: [inputs],
      staticSummary: `Predictor from ${inputs.files.join(', ')}`,
    });
    output.say(`Training as workflow ${id}; it goes on when this command is stopped and workers stay up.`);
    const trained = await handle.result();
    const card = cardOf(await findModel(store, trained.model));
    output.result({ ...trained, promoted: wanted === true, workflow: id, card }, [
      `model ${trained.model}: ${trained.rows} rows, ${duration(trained.seconds)} on ${trained.backend}${wanted === true ? ', promoted' : ''}`,
      ...classTable(card),
    ]);
    return 0;
  });
}

/** `peierls repredict <campaign> [--model <id>]`: the same alloys, ranked by another model; nothing is simulated again. */
export function repredict(campaign: string, options: { model?: string }, output: Output): Promise<number> {
  return withServices(process.env, output, { worker: true }, async ({ store, temporal }) => {
    const document = await store.collection('campaigns').findOne({ _id: campaign }, { projection: { model: 1 } });
    if (document === null) throw new InvalidInput(`there is no campaign "${campaign}"`, { remedy: 'peierls status lists them' });
    const model = options.model === undefined ? ((await promotedModel(store)) ?? null) : await named(store, options.model);
    const result = await temporal.workflow.execute<typeof campaignPrediction>('campaignPrediction', {
      taskQueue: taskQueues.main,
      workflowId: campaignPredictionWorkflowId(campaign),
      args: [{ campaign, model }],
      staticSummary: `Predictions of ${campaign}`,
    });
    output.result({ campaign, before: document.model ?? null, ...result }, [
      `${result.predicted} candidates of ${campaign} predicted by ${result.model} (${result.reused} of them known from before, ${result.failed} failed).`,
    ]);
    return result.failed > 0 ? 3 : 0;
  });
}

async function named(store: Store, id: string): Promise<string | null> {
  return id === shippedName ? null : (await findModel(store, id))._id;
}
