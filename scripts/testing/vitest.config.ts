import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const stores = { globalSetup: 'scripts/testing/global-setup.ts', testTimeout: 60_000, hookTimeout: 120_000 };

/** The tests that depend most on Redis, without the slowest; `npm run test:cluster` runs every int test there is. */
const onCluster = [
  'services/purchase/{routes,outbox}/*.int.test.ts',
  'services/purchase/seats/!(model|crowd).int.test.ts',
  'services/query/{live,ops}/*.int.test.ts',
  'services/query/routes/{availability,live}.int.test.ts',
];

/**
 * `unit` needs nothing; `stores` (int, e2e) runs against a real Redis, MySQL or MariaDB and SNS/SQS of its own; `cluster` against the
 * same with a Redis Cluster, which has one database only: one file after another.
 */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    // On two cores it would be one, and most of the time of what takes long is waiting.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { test: { name: 'unit', include: ['**/*.unit.test.ts'] } },
      {
        test: {
          name: 'stores',
          include: ['**/*.{int,e2e}.test.ts'],
          ...stores,
        },
      },
      {
        test: {
          name: 'cluster',
          include: process.env.ONSALE_TEST_CLUSTER === 'all' ? ['**/*.int.test.ts'] : onCluster,
          fileParallelism: false,
          ...stores,
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
