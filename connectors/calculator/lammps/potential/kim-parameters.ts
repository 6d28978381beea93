import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InvalidInput } from '../../../../domain/failures.js';
import { readHeader, UnreadablePotential, type TabulatedStyle } from '../../../../domain/potential/tabulated.js';

const library = 'libkim-api-portable-model.so';

/** Tables are longer than the citations and descriptions that travel in a model, and nothing but text. */
const shortestTable = 5000;

/** A potential file as it lies inside of an OpenKIM model. */
export interface KimParameters {
  text: string;
  style: Exclude<TabulatedStyle, 'meam'>;
}

/**
 * The parameter file of an installed portable model of the driver EAM_Dynamo, which stores the DYNAMO file (funcfl, setfl or eam.fs) in its library.
 * Throws `InvalidInput` where the model is not installed, or holds no such file, or several.
 */
export function kimParameters(kim: string, environment: NodeJS.ProcessEnv = process.env): KimParameters {
  const folders = modelFolders(environment);
  const file = folders.map((folder) => join(folder, kim, library)).find((path) => existsSync(path));
  if (file === undefined)
    throw new InvalidInput(`OpenKIM model ${kim} is not installed`, {
      path: 'kim',
      value: kim,
      remedy: `Install it (kim-api-collections-management install user ${kim}, or the Debian package openkim-models); looked in ${folders.join(', ')}`,
    });
  const texts = readFileSync(file, 'latin1').match(/[\t\n\r -~]+/g) ?? [];
  const found = texts.filter((text) => text.length >= shortestTable).flatMap((text) => readable(text) ?? []);
  const [parameters, another] = found;
  if (parameters === undefined || another !== undefined)
    throw new InvalidInput(`OpenKIM model ${kim} holds ${found.length} tables of the DYNAMO formats where one is needed`, {
      path: 'kim',
      value: kim,
      remedy: 'Compute it with the calculator lammps, or choose another model',
    });
  return parameters;
}

/** Names of the installed models of the driver EAM_Dynamo, sorted. */
export function installedKimTables(environment: NodeJS.ProcessEnv = process.env): string[] {
  const names = modelFolders(environment).flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  return [...new Set(names.filter((name) => name.startsWith('EAM_Dynamo_')))].toSorted();
}

/** Where the KIM API looks: its own variable, the user's collection, the system's. */
function modelFolders({ KIM_API_PORTABLE_MODELS_DIR: named }: NodeJS.ProcessEnv): string[] {
  const system = ['/usr/lib', '/usr/local/lib'].flatMap((folder) => [
    folder,
    ...(existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith('-linux-gnu'))
          .map((name) => join(folder, name))
      : []),
  ]);
  const user = join(homedir(), '.kim-api');
  const versions = existsSync(user) ? readdirSync(user).map((version) => join(user, version, 'portable-models-dir')) : [];
  return [
    ...(named ?? '').split(':').filter((folder) => folder !== ''),
    ...versions,
    ...system.map((folder) => join(folder, 'kim-api/portable-models')),
  ];
}

/** eam/fs first: its files are longer than those of eam/alloy, whose reader would stop in the middle of them. One element makes both the same. */
function readable(text: string): KimParameters | undefined {
  for (const style of ['eam/fs', 'eam/alloy', 'eam'] as const) {
    try {
      readHeader(text, style);
      return { text, style };
    } catch (error) {
      if (!(error instanceof UnreadablePotential)) throw error;
    }
  }
  return undefined;
}
