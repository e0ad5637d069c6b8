import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const stores = { globalSetup: 'scripts/testing/global-setup.ts', testTimeout: 60_000, hookTimeout: 120_000 };

/** The tests that depend most on Redis, without the slowest; `npm run test:cluster` runs all integration tests. */
const onCluster = [
  'services/purchase/{routes,outbox}/*.int.test.ts',
  'services/purchase/seats/!(model|crowd).int.test.ts',
  'services/query/{live,ops}/*.int.test.ts',
  'services/query/routes/{availability,live}.int.test.ts',
];

/**
 * `unit` needs no stores. `stores` (int, e2e) runs against its own real Redis, MySQL or MariaDB, and SNS/SQS emulator. `cluster` runs
 * against the same with a Redis Cluster, one file after another, because a cluster has only one database.
 */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    // By default two cores would get one worker, but the slow tests mostly wait.
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
      // The e2e tests run these in processes of their own, which this coverage does not see.
      exclude: ['services/*/main.ts', 'services/shared/process/{run-service,workers}.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 85 },
    },
  },
});
