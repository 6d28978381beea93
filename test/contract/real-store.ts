import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openHome } from '../../connectors/embedded/home.js';
import { freePort } from '../../connectors/embedded/port.js';
import { ensureStore, stopServices } from '../../connectors/embedded/services.js';
import { openStore, type Store } from '../../connectors/store/store.js';
import { temporaryFolder } from './temporary.js';

export interface RealStore {
  /** The store of the current test: a database of its own. */
  store: () => Store;
  /** Where it is, for opening it once more. */
  endpoint: () => { uri: string; database: string };
}

/** A real store server for the tests of one file. */
export function realStore(name: string): RealStore {
  const folder = temporaryFolder(name);
  const home = openHome({ PEIERLS_HOME: join(folder.path, 'home') });
  let uri = '';
  let current: Store | undefined;
  let databases = 0;
  beforeAll(async () => {
    uri = (await ensureStore(home, { ...process.env, PEIERLS_STORE_PORT: String(await freePort()) }, () => undefined)).uri;
  });
  afterAll(async () => {
    await stopServices(home);
    folder.remove();
  });
  beforeEach(async () => {
    databases += 1;
    current = await openStore({ uri, database: `test${databases}` });
    return () => current?.close();
  });
  return {
    store: () => {
      if (current === undefined) throw new Error('the store is opened before each test');
      return current;
    },
    endpoint: () => ({ uri, database: `test${databases}` }),
  };
}
