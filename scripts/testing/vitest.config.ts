import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** `unit` needs nothing; `stores` (int, e2e) runs against a real Redis, MySQL or MariaDB and SNS/SQS of its own. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    projects: [
      { test: { name: 'unit', include: ['**/*.unit.test.ts'] } },
      {
        test: {
          name: 'stores',
          include: ['**/*.{int,e2e}.test.ts'],
          globalSetup: 'scripts/testing/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
    coverage: {
      include: ['services/**/*.ts'],
      // Processes of their own in the e2e tests, which this coverage does not see.
      exclude: ['services/*/main.ts', 'services/shared/{run-service,workers}.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 85 },
    },
  },
});
