import cluster from 'node:cluster';
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, type PrometheusContentType } from 'prom-client';
import { createHttpServer } from './http-server.ts';
import type { Logger } from './logger.ts';

/** A service's metrics. Names and units follow Prometheus' and OpenTelemetry's conventions. */
export type Metrics = ReturnType<typeof createMetrics>;

export type Registry = AggregatorRegistry<PrometheusContentType>;

/** Creates a registry with Node's own metrics. Metrics added by these functions are read only when scraped. */
export function createMetrics() {
  const registry: Registry = new AggregatorRegistry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  return {
    registry,

    /** A figure from a store, which is the same in every process; NaN if it cannot be read. */
    gaugeOfStore(name: string, help: string, read: () => Promise<number>): void {
      const collect = async () => gauge.set(await read().catch(() => Number.NaN));
      const gauge: Gauge = new Gauge({ name, help, registers, collect, aggregator: 'max' });
    },

    gaugeOfProcess(name: string, help: string, read: () => number): void {
      const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read()) });
    },

    /** `read` returns the count since the process started or, with `label`, the counts by the label's values. */
    counterOfProcess(name: string, help: string, read: () => number | Iterable<[string, number]>, label = ''): void {
      const collect = () => {
        counter.reset();
        const counted = read();
        if (typeof counted === 'number') counter.inc(counted);
        else for (const [value, count] of counted) counter.inc({ [label]: value }, count);
      };
      const counter: Counter = new Counter({ name, help, registers, collect, labelNames: label === '' ? [] : [label] });
    },
  };
}

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
