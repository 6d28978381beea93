import { defineConfig } from 'vitest/config';

/** Every project runs in forks: Temporal's native bridge does not survive worker threads. */
const project = (name: string, testTimeoutSeconds: number, globalSetup: string[] = ['test/prepare-servers.ts']) => ({
  test: {
    name,
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
      project('unit', 20, []),
      project('contract', 120),
      project('workflow', 120),
      project('replay', 120, []),
      project('integration', 900),
    ],
  },
});
