import { defineConfig } from 'vitest/config';

/** Every project runs in forks: Temporal's native bridge does not survive worker threads. */
const project = (
  name: string,
  testTimeoutSeconds: number,
  { globalSetup = ['test/prepare-servers.ts'], retry = 0 }: { globalSetup?: string[]; retry?: number } = {},
) => ({
  test: {
    name,
    retry,
    globalSetup,
    include: [`test/${name}/**/*.test.ts`],
    environment: 'node' as const,
    pool: 'forks' as const,
    testTimeout: testTimeoutSeconds * 1000,
    hookTimeout: Math.max(testTimeoutSeconds, 120) * 1000,
  },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('unit', 20, { globalSetup: [] }),
      // Real servers and processes on a machine that may be busy: a test that needed its second try is named as such in the output.
      project('contract', 120, { retry: 1 }),
      project('workflow', 120, { retry: 1 }),
      project('replay', 120, { globalSetup: [] }),
      project('integration', 900, { retry: 1 }),
    ],
  },
});
