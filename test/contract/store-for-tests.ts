import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openHome } from '../../connectors/embedded/home.js';
import { freePort } from '../../connectors/embedded/port.js';
import { ensureStore, stopServices } from '../../connectors/embedded/services.js';
import { openStore, type Store } from '../../connectors/store/store.js';
import { temporaryFolder } from './temporary.js';

/** A real store for one test file, and a fresh database of it for every test; `fill` puts in what all tests of the file start from. */
export function storeForTests(label: string, fill: (store: Store) => Promise<unknown> = async () => undefined) {
  const folder = temporaryFolder(label);
  const home = openHome({ PEIERLS_HOME: join(folder.path, 'home') });
  const state: { uri: string; database: string; open: Store | undefined } = { uri: '', database: '', open: undefined };
  let databases = 0;
  beforeAll(async () => {
    state.uri = (await ensureStore(home, { ...process.env, PEIERLS_STORE_PORT: String(await freePort()) }, () => undefined)).uri;
  });
  afterAll(async () => {
    await stopServices(home);
    folder.remove();
  });
  beforeEach(async () => {
    databases += 1;
    state.database = `test${databases}`;
    const { uri, database } = state;
    const store = await openStore({ uri, database });
    state.open = store;
    await fill(store);
    return () => store.close();
  });
  return {
    folder: folder.path,
    store: (): Store => {
      if (state.open === undefined) throw new Error('the store is opened before each test');
      return state.open;
    },
    endpoint: (): { uri: string; database: string } => ({ uri: state.uri, database: state.database }),
  };
}
