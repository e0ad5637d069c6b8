import cluster from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import type { Logger } from '../telemetry/logger.ts';
import type { Registry } from '../telemetry/metrics.ts';
import { createHttpServer } from './http-server.ts';

/** A scrape waits at most this long for stores. */
const scrapeMs = 5_000;

type Serving = { config: { METRICS_PORT: number; HOST: string }; logger: Logger; resources: AsyncDisposableStack };

/**
 * Serves `/metrics` in Prometheus' text format, on a separate port that the load balancer does not route to. If this process is one of
 * several workers (workers.ts), it instead reports its metrics to the process that started it, which serves them together.
 */
export async function serveMetrics(registry: Registry, at: Serving): Promise<void> {
  if (cluster.isWorker) AggregatorRegistry.setRegistries(registry);
  else await serve(() => registry.metrics(), at);
}

/** serveMetrics for the process that started the workers: counts are summed over them. */
export async function serveMetricsOfWorkers(at: Serving): Promise<void> {
  const registry = new AggregatorRegistry();
  await serve(() => registry.clusterMetrics(), at);
}

async function serve(read: () => Promise<string>, { config, logger, resources }: Serving): Promise<void> {
  const app = createHttpServer({ logger, handlerMs: scrapeMs });
  resources.defer(() => app.close());
  app.get('/metrics', async (_request, reply) => reply.type(AggregatorRegistry.PROMETHEUS_CONTENT_TYPE).send(await read()));
  await app.listen({ port: config.METRICS_PORT, host: config.HOST });
}
