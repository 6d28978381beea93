import { unpack } from '../../../connectors/store/nested-array.js';
import type { Store } from '../../../connectors/store/store.js';
import type { SourceDefinition } from '../../../domain/source.js';
import { type Output } from '../../output.js';
import { table } from '../../table.js';
import { withStore } from '../../session.js';

/** `peierls source list`: queries of databases that were ever read, and how they stand. */
export function listSources(output: Output): Promise<number> {
  return withStore(process.env, output, async (store) => {
    const sources = await rows(store);
    output.result({ sources }, [
      ...(sources.length === 0
        ? ['No source was read yet. `peierls source refresh materials-project` reads one.']
        : table(
            ['source', 'materials', 'crystals', 'version', 'checked', 'state', 'query'],
            sources.map((it) => [
              it.name,
              it.records ?? '-',
              it.usable ?? '-',
              it.databaseVersion ?? '-',
              it.checkedAt ?? '-',
              it.state,
              it.query,
            ]),
          )),
    ]);
    return 0;
  });
}

async function rows(store: Store) {
  const documents = await store.collection('sources').find().toArray();
  return documents.map(({ _id, definition, latest, running, checkedAt, error }) => ({
    name: _id,
    records: latest?.report.records ?? null,
    usable: latest?.report.usable ?? null,
    databaseVersion: latest?.databaseVersion ?? null,
    checkedAt,
    state: error !== null ? `failed: ${error}` : running === null ? 'idle' : `reading: ${running.records} of ${running.totalSeen ?? '?'}`,
    query: query(unpack(definition)),
    report: latest?.report ?? null,
  }));
}

function query(definition: SourceDefinition): string {
  return JSON.stringify({ ...definition, source: undefined });
}
