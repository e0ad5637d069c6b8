import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// The services and commands that tests start keep their compiled code for the next such process (compile-cache.ts).
process.env.NODE_COMPILE_CACHE = join(import.meta.dirname, '../../.local/compile-cache');

/** The tests that depend most on Redis, without the slowest; `npm run test:cluster` runs all integration tests. */
const onCluster = [
  'services/purchase/{routes,outbox}/*.int.test.ts',
  'services/purchase/seats/!(model|crowd).int.test.ts',
  'services/query/{live,ops}/*.int.test.ts',
  'services/query/routes/{availability,live}.int.test.ts',
];

/** At least four even on two cores, because many tests wait. Each has a database of a Redis, which has sixteen, and a cluster. */
const maxWorkers = Math.min(8, Math.max(4, availableParallelism() - 1));

/**
 * Spreads the e2e tests evenly over the run: they start processes and keep both cores busy, while the others mostly wait. They come
 * first in each group, so that the last one does not run alone.
 */
class Spreading extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const endToEnd = sorted.filter(isEndToEnd);
    const others = sorted.filter((file) => !isEndToEnd(file));
    const share = Math.ceil(others.length / Math.max(1, endToEnd.length));
    return [...endToEnd.flatMap((file) => [file, ...others.splice(0, share)]), ...others];
  }
}

const isEndToEnd = ({ moduleId }: TestSpecification) => moduleId.endsWith('.e2e.test.ts');

/** A limit only ends what hangs: on a busy machine, a test may take ten times as long. */
const patient = { testTimeout: 300_000, hookTimeout: 300_000 };

const withStores = {
  globalSetup: 'scripts/testing/global-setup.ts',
  setupFiles: ['scripts/testing/compile-cache.ts', 'scripts/testing/per-file.ts'],
  isolate: false,
  ...patient,
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
    restoreMocks: true,
    unstubEnvs: true,
    // More than the waiting tests of any file, so that all of them wait at the same time.
    maxConcurrency: 10,
    sequence: { sequencer: Spreading },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.unit.test.ts'],
          // These tests leave nothing behind, so the files of a worker share the modules that they import.
          pool: 'threads',
          isolate: false,
          ...patient,
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
      // These run only in processes and threads of their own, which this coverage does not see: the e2e tests start services, read
      // their metrics (backlog, scrape) and collect their spans (tracing); relay-thread.int.test.ts starts the relay's thread.
      exclude: [
        'services/*/{main,metrics}.ts',
        'services/purchase/outbox/{relay-main,trace-publishing}.ts',
        'services/persistence/trace-batch.ts',
        'services/shared/http/{probe,trace-requests}.ts',
        'services/shared/process/{run-service,workers}.ts',
        'services/shared/inventory/trace-command.ts',
        'services/shared/telemetry/tracing.ts',
      ],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 98 },
    },
  },
});
