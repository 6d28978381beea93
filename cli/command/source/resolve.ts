import { existsSync } from 'node:fs';
import { sourceName, SourcePool } from '../../../connectors/source/open.js';
import { readSource } from '../../../connectors/store/source.js';
import type { Store } from '../../../connectors/store/store.js';
import { InvalidInput, Unavailable } from '../../../domain/failures.js';
import { materialsProjectEndpoint, SourceDefinition } from '../../../domain/source.js';
import { campaignSources } from '../../campaign-file.js';

export interface NamedSource {
  name: string;
  /** Undefined until the store is asked: a name was given that only it knows. */
  definition: SourceDefinition | undefined;
}

/** What a person means by a source: `materials-project`, the address of an OPTIMADE database, a campaign file with sources, or a name. */
export function namedSources(text: string, filter: string | undefined): NamedSource[] {
  if (/\.(ya?ml|json)$/i.test(text) || existsSync(text)) {
    if (filter !== undefined) throw new InvalidInput('a campaign file holds its own filters', { path: '--filter', value: filter });
    return campaignSources(text).map((definition) => ({ name: sourceName(definition), definition }));
  }
  if (text === 'materials-project' && filter === undefined) return [named({ source: 'materials-project' })];
  if (/^https?:/i.test(text)) return [named({ source: 'optimade', url: text, ...(filter !== undefined && { filter }) })];
  if (filter !== undefined)
    throw new InvalidInput('only OPTIMADE databases take a filter here', {
      path: '--filter',
      value: filter,
      remedy: 'Write the source into a campaign file and give that file',
    });
  return [{ name: text, definition: undefined }];
}

function named(input: unknown): NamedSource {
  const parsed = SourceDefinition.safeParse(input);
  if (!parsed.success) throw new InvalidInput(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  return { name: sourceName(parsed.data), definition: parsed.data };
}

/** The definition of a source that only the store knows. Throws `InvalidInput` that lists those it knows. */
export async function knownDefinition(store: Store, { name, definition }: NamedSource): Promise<SourceDefinition> {
  if (definition !== undefined) return definition;
  const names = (
    await store
      .collection('sources')
      .find({}, { projection: { _id: 1 } })
      .toArray()
  ).map(({ _id }) => _id);
  if (names.includes(name)) return (await readSource(store, name)).definition;
  throw new InvalidInput(`there is no source "${name}"`, {
    remedy: `Use materials-project, the address of an OPTIMADE database, a campaign file${names.length === 0 ? '' : `, or one of ${names.join(', ')}`}`,
  });
}

/** What the network says of an address where nobody is. */
const nobodyThere = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']);

/**
 * Asks a database once, before anything is started or written: key, address and filters are wrong now or never. A service that is there and
 * cannot answer now is no reason not to start: the refresh waits for it.
 */
export async function checkSource(definition: SourceDefinition, environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  try {
    await new SourcePool(environment).open(definition).state(signal);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    const code = error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : '';
    if (!nobodyThere.has(code)) return;
    throw new InvalidInput(error.message, {
      path: definition.source === 'optimade' ? 'url' : 'MP_API_ENDPOINT',
      value: definition.source === 'optimade' ? definition.url : (environment['MP_API_ENDPOINT'] ?? materialsProjectEndpoint),
      remedy: 'Check the address, the network and the proxy settings',
      cause: error,
    });
  }
}
