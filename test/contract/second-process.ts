import { openHome } from '../../connectors/embedded/home.js';
import { ensureStore } from '../../connectors/embedded/services.js';
import { findService } from '../../connectors/embedded/service.js';

// Another command of the same user: makes sure of the store and says what it found.
const home = openHome(process.env);
const store = await ensureStore(home, process.env, (line) => process.stderr.write(`${line}\n`));
process.stdout.write(JSON.stringify({ uri: store.uri, pid: findService(home, 'store')?.pid }));
process.exit(0);
