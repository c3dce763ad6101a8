import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` needs nothing, `database` gets one cluster for the whole run from test/support/global-setup.ts and one database
 * a file. `npx vitest run --project unit` is the quick one.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    // Postgres works beside us: more than one worker a core only makes timeouts likelier.
    maxWorkers: 2,
    // For what hangs. How fast something is, is measured in bench/: a busy machine must not fail a test.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ['test/support/seeded.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'database',
          include: ['test/{sql,http,dialects,property}/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
