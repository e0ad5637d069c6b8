import cluster from 'node:cluster';
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, type PrometheusContentType } from 'prom-client';
import { createHttpServer } from './http-server.ts';
import type { Logger } from './logger.ts';

/** What a service is asked for at `/metrics`; names and units as Prometheus and OpenTelemetry have them. */
export type Metrics = ReturnType<typeof createMetrics>;

export type Registry = AggregatorRegistry<PrometheusContentType>;

/** Begins with Node's own figures. What these functions add is read when it is asked for, and not before. */
export function createMetrics() {
  const registry: Registry = new AggregatorRegistry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  return {
    registry,

    /** A figure of a store, the same whichever process is asked; NaN where it cannot be read. */
    gaugeOfStore(name: string, help: string, read: () => Promise<number>): void {
      const collect = async () => gauge.set(await read().catch(() => Number.NaN));
      const gauge: Gauge = new Gauge({ name, help, registers, collect, aggregator: 'max' });
    },

    gaugeOfProcess(name: string, help: string, read: () => number): void {
      const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read()) });
    },

    /** `read` gives how many there were since the process began; with `label`, by its values. */
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

/** A scrape waits for stores no longer than this. */
const scrapeMs = 5_000;

type Serving = { config: { METRICS_PORT: number; HOST: string }; logger: Logger; resources: AsyncDisposableStack };

/**
 * Serves `/metrics` in Prometheus' text format, on a port of its own: the load balancer has no way to it. One of several workers
 * (workers.ts) tells its own to the process that started it, which serves them together.
 */
export async function serveMetrics(registry: Registry, at: Serving): Promise<void> {
  if (cluster.isWorker) AggregatorRegistry.setRegistries(registry);
  else await serve(() => registry.metrics(), at);
}

/** serveMetrics, for the process that started the workers: counts are their sums. */
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
