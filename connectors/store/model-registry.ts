import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInput } from '../../domain/failures.js';
import type { ModelCard } from '../../domain/learning/model.js';
import type { ModelDocument, PromotionDocument } from './document.js';
import { pack, unpack } from './nested-array.js';
import { keepOutputs, readOutputs } from './output.js';
import { insertNew, type Store } from './store.js';

/** The name that stands for the model that came with this version of peierls. */
export const shippedName = 'shipped';

/** Keeps the files of a checked model folder and its card. Repeat-safe: a model's id is the hash of its contents. */
export async function registerModel(
  store: Store,
  { id, folder, origin }: { id: string; folder: string; origin: ModelDocument['origin'] },
): Promise<ModelDocument> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const card = JSON.parse(files['card.json'] ?? '{}') as ModelCard;
  const document: ModelDocument = {
    _id: id,
    card: pack(card),
    files: await keepOutputs(store, files),
    origin,
    createdAt: new Date().toISOString(),
  };
  await insertNew(store.collection('models'), [document]);
  return document;
}

/** The model's files as a folder under `cache`, written once. Throws `InvalidInput` for a model that the store does not have. */
export async function modelFolder(store: Store, cache: string, id: string): Promise<string> {
  const folder = join(cache, 'models', id);
  if (existsSync(join(folder, 'model.json'))) return folder;
  const document = await findModel(store, id);
  const files = await readOutputs(store, document.files);
  mkdirSync(join(cache, 'models'), { recursive: true });
  // Under its name only when complete: another process may be doing the same.
  const draft = mkdtempSync(join(cache, 'models', '.draft-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(draft, name), text);
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(join(folder, 'model.json'))) throw error;
  }
  return folder;
}

/** The model of that id, or of an unambiguous beginning of one. */
export async function findModel(store: Store, id: string): Promise<ModelDocument> {
  const all = await store.collection('models').find().toArray();
  const fitting = all.filter(({ _id }) => _id.startsWith(id));
  const found = all.find(({ _id }) => _id === id) ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (found !== undefined) return found;
  throw new InvalidInput(fitting.length > 1 ? `"${id}" fits several models` : `there is no model "${id}"`, {
    value: id,
    remedy: `There are: ${[shippedName, ...all.map(({ _id }) => _id)].join(', ')}; peierls model add <folder> brings in a trained one`,
  });
}

/** What new campaigns are ranked by: the model promoted last, or undefined for the shipped one. */
export async function promotedModel(store: Store): Promise<string | undefined> {
  return (await promotions(store)).at(-1)?.model ?? undefined;
}

/** Makes a model (null: the shipped one) that of new campaigns, and remembers which one was before. */
export async function promoteModel(store: Store, model: string | null, reason: string): Promise<PromotionDocument['history']> {
  const history = [...(await promotions(store)), { model, reason, at: new Date().toISOString() }];
  await store.collection('promotions').replaceOne({ _id: 'current' }, { history }, { upsert: true });
  return history;
}

/** Goes back to the model before the present one. Throws `InvalidInput` when none was ever promoted. */
export async function rollBackModel(store: Store): Promise<string | null> {
  const history = await promotions(store);
  const present = history.at(-1);
  if (present === undefined)
    throw new InvalidInput('no model was ever promoted: the shipped one speaks', { remedy: 'Promote one with peierls model promote <id>' });
  const before = history.at(-2)?.model ?? null;
  // The promotion that is undone goes, so that another rollback goes one further back.
  await store.collection('promotions').replaceOne({ _id: 'current' }, { history: history.slice(0, -1) }, { upsert: true });
  return before;
}

export async function promotions(store: Store): Promise<PromotionDocument['history']> {
  return (await store.collection('promotions').findOne({ _id: 'current' }))?.history ?? [];
}

export function cardOf({ card }: ModelDocument): ModelCard {
  return unpack(card);
}
