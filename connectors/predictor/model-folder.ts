import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInput, MissingFile } from '../../domain/failures.js';
import { featureNames } from '../../domain/learning/feature.js';
import type { EnsembleModel } from '../../domain/learning/ensemble.js';
import type { FittedModel } from '../../domain/learning/member.js';
import { modelFormat, ModelManifest, type ModelCard, type TrainedModel } from '../../domain/learning/model.js';

const manifestName = 'model.json';
const retrain = 'Train it again (`peierls train <library.json> --out <folder>`) or restore the folder from its origin';

/** Writes members first and the manifest last, each under its final name only when complete: a reader never sees half a model. */
export function saveModel(folder: string, { classes, members }: EnsembleModel, card: (id: string) => ModelCard): TrainedModel {
  mkdirSync(folder, { recursive: true });
  const files = members.map(({ name, model }) => {
    const file = `member-${name.replaceAll(/[^a-z0-9]+/g, '-')}.json`;
    const text = `${JSON.stringify(model, rounded)}\n`;
    return { name, file, text, sha256: sha256(text) };
  });
  const entries = files.map(({ name, file, sha256 }) => ({ name, file, sha256 }));
  const id = sha256(JSON.stringify({ featureNames, classes, entries }, rounded)).slice(0, 12);
  const manifest: ModelManifest = { format: modelFormat, id, featureNames: [...featureNames], classes, members: entries };
  for (const { file, text } of files) write(join(folder, file), text);
  write(join(folder, 'card.json'), `${JSON.stringify(card(id), undefined, 1)}\n`);
  for (const old of readdirSync(folder))
    if (old.startsWith('member-') && !files.some(({ file }) => file === old)) rmSync(join(folder, old));
  write(join(folder, manifestName), `${JSON.stringify(manifest, rounded)}\n`);
  return loadModel(folder);
}

/** Reads a model folder; whatever is missing, cut short or of another version is refused with the file's name. */
export function loadModel(folder: string): TrainedModel {
  const path = join(folder, manifestName);
  if (!existsSync(path)) throw new MissingFile('this folder holds no trained model', { file: path, remedy: retrain });
  const parsed = ModelManifest.safeParse(json(path, readFileSync(path, 'utf8')), { reportInput: true });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = { file: path, path: issue?.path.join('.') ?? '', value: issue?.input, remedy: retrain };
    throw new InvalidInput(`this is not a model of this version: ${issue?.message ?? 'unknown form'}`, place);
  }
  const { id, classes, members, featureNames: names } = parsed.data;
  if (names.join() !== featureNames.join())
    throw new InvalidInput('this model was trained on other features', { file: path, path: 'featureNames', value: names, remedy: retrain });
  return {
    id,
    ensemble: {
      // `exactOptionalPropertyTypes`: the schema's optional fields are absent, never undefined, in JSON.
      classes: classes as EnsembleModel['classes'],
      members: members.map(({ name, file, sha256: expected }) => {
        const member = join(folder, file);
        if (!existsSync(member))
          throw new MissingFile(`the member "${name}" of the ensemble is missing`, { file: member, remedy: retrain });
        const text = readFileSync(member, 'utf8');
        if (sha256(text) !== expected)
          throw new InvalidInput(`the member "${name}" of the ensemble is cut short or was changed`, {
            file: member,
            path: 'sha256',
            value: sha256(text),
            remedy: retrain,
          });
        return { name, model: json(member, text) as FittedModel };
      }),
    },
  };
}

function json(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidInput('this model file is cut short or damaged', { file, value: text.slice(-40), remedy: retrain, cause });
  }
}

/** Eight digits: finer than single precision, and half the size of sixteen. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(8)) : value;
}

function write(file: string, text: string): void {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
