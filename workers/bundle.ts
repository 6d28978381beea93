import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { readIfPresent, writeAtomically, type Home } from '../connectors/embedded/home.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The workflow bundle for this source tree: bundling takes seconds of two cores, so it is kept under a hash of all that goes into it. */
export async function workflowBundle(home: Home): Promise<{ codePath: string }> {
  const hash = createHash('sha256');
  for (const folder of ['workflows', 'domain'])
    for (const file of sourceFiles(join(root, folder))) hash.update(file).update(readFileSync(file));
  hash.update(readFileSync(join(root, 'package-lock.json')));
  const codePath = join(home.cache, `workflows-${hash.digest('hex').slice(0, 16)}.js`);
  if (readIfPresent(codePath) === undefined) {
    const { code } = await bundleWorkflowCode({ workflowsPath: join(root, 'workflows', 'workflows.ts'), logger: quietLogger });
    writeAtomically(codePath, code);
  }
  return { codePath };
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return sourceFiles(path);
      return name.endsWith('.ts') ? [path] : [];
    });
}

/** Webpack's progress is of no use to anyone; its errors are thrown. */
const quietLogger = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (message: string) => process.stderr.write(`${message}\n`),
  error: (message: string) => process.stderr.write(`${message}\n`),
};
