import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests that depend most on Redis, without the slowest; `npm run test:cluster` runs all integration tests. */
const onCluster = [
  'services/purchase/{routes,outbox}/*.int.test.ts',
  'services/purchase/seats/!(model|crowd).int.test.ts',
  'services/query/{live,ops}/*.int.test.ts',
  'services/query/routes/{availability,live}.int.test.ts',
];

/** At least four even on two cores, because the slow tests mostly wait. Each has a database of a Redis, which has sixteen, and a cluster. */
const maxWorkers = Math.min(8, Math.max(4, availableParallelism() - 1));

const withStores = {
  globalSetup: 'scripts/testing/global-setup.ts',
  testTimeout: 60_000,
  hookTimeout: 120_000,
  sequence: { groupOrder: 1 },
};

/**
 * `unit` needs no stores, and runs first. Then `stores` (int, e2e) runs against its own real Redis, MySQL or MariaDB, and SNS/SQS
 * emulator, and meanwhile `cluster` against the same with Redis Clusters instead of the Redis.
 */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  test: {
    maxWorkers,
    // More than the waiting tests of any file, so that all of them wait at the same time.
    maxConcurrency: 10,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.unit.test.ts'],
          // These tests leave nothing behind, so the files of a worker share the modules that they import.
          pool: 'threads',
          isolate: false,
        },
      },
      { test: { name: 'stores', include: ['**/*.{int,e2e}.test.ts'], ...withStores } },
      {
        test: {
          name: 'cluster',
          include: process.env.ONSALE_TEST_CLUSTER === 'all' ? ['**/*.int.test.ts'] : onCluster,
          ...withStores,
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
