import cluster from 'node:cluster';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { createHttpServer } from './http-server.ts';
import type { Logger } from './logger.ts';

/** What a service is asked for at `/metrics`. Nothing in it is computed before that. */
export type Metrics = ReturnType<typeof createMetrics>;

type Labels = Record<string, string>;

/** Begins with Node's own figures. Those of one of several processes that share a port (workers.ts) carry its number. */
export function createMetrics() {
  const registry = new Registry();
  const labels: Labels = cluster.worker ? { worker: String(cluster.worker.id) } : {};
  const ofProcess = { registers: [registry], labelNames: Object.keys(labels) };
  collectDefaultMetrics({ register: registry, labels });

  return {
    registry,

    /** A figure of a store, the same whichever process is asked; NaN where it cannot be read. */
    gaugeOfStore(name: string, help: string, read: () => Promise<number>): void {
      const collect = async () => gauge.set(await read().catch(() => Number.NaN));
      const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect });
    },

    gaugeOfProcess(name: string, help: string, read: () => number): void {
      const gauge: Gauge = new Gauge({ name, help, ...ofProcess, collect: () => gauge.set(labels, read()) });
    },

    /** `read` gives how many there were since the process began. */
    counterOfProcess(name: string, help: string, read: () => number): void {
      const collect = () => {
        counter.reset();
        counter.inc(labels, read());
      };
      const counter: Counter = new Counter({ name, help, ...ofProcess, collect });
    },
  };
}

/** A scrape waits for stores no longer than this. */
const scrapeMs = 5_000;

/** Serves `/metrics` in Prometheus' text format, on a port of its own: the load balancer has no way to it. */
export async function serveMetrics(
  { registry }: Metrics,
  at: { config: { METRICS_PORT: number; HOST: string }; logger: Logger; resources: AsyncDisposableStack },
): Promise<void> {
  const { config, logger, resources } = at;
  const app = createHttpServer({ logger, handlerMs: scrapeMs });
  resources.defer(() => app.close());
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  await app.listen({ port: config.METRICS_PORT, host: config.HOST });
}
