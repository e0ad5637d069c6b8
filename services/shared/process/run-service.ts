import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import type { Static, TObject, TProperties } from 'typebox';
import type { ServiceName } from '../http/path-table.ts';
import { serveMetricsOfWorkers } from '../http/serve-metrics.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { type commonSettings, loadConfig } from './config.ts';
import { onDrain, startWorkers } from './workers.ts';

/** A container platform kills a task 30 s after asking it to stop (ECS). A service that has not drained by now is forced to exit. */
const drainMs = 25_000;

const stopSignals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

type ServiceConfig = TObject<TProperties & ReturnType<typeof commonSettings>>;

/** Passed to a service's `main.ts`, which registers the closing of everything it opens with `resources`. */
export type ServiceContext<Schema extends TObject> = {
  config: Static<Schema>;
  logger: Logger;
  resources: AsyncDisposableStack;
  /** Drains and ends the process with exit code 1, for errors that only a new process with new settings can fix. */
  fail(error: Error): void;
};

/**
 * Owns the process of a service: reads its settings and starts it. On SIGTERM, SIGINT or an uncaught error it closes everything that
 * was opened, in reverse order; a second signal forces the exit. If WEB_CONCURRENCY is above 1, workers start the service instead,
 * and this process keeps them running.
 */
export async function runService<Schema extends ServiceConfig>(
  name: ServiceName,
  schema: Schema,
  start: (context: ServiceContext<Schema>) => Promise<void>,
): Promise<void> {
  const config = configOrExit(schema);
  const { worker } = cluster;
  const log = createLogger(name, config.LOG_LEVEL as string);
  const logger = worker ? log.child({ worker: worker.id }) : log;
  const resources = new AsyncDisposableStack();
  let isClosing = false;
  const skip = worker ? [...stopSignals] : [];
  const { close } = closeWithGrace({ delay: drainMs, logger: false, skip }, async ({ signal, err }) => {
    isClosing = true;
    if (err) logger.fatal({ err }, 'stopping after an error');
    else logger.info({ signal }, 'draining');
    await resources.disposeAsync();
    logger.info('stopped');
  });
  // A worker may be asked to stop twice: by a terminal, which signals the whole group, and by its parent. That must not force an exit.
  const drain = () => {
    if (!isClosing) close();
  };
  if (worker) {
    for (const signal of stopSignals) process.on(signal, drain);
    onDrain(drain);
  }

  const count = Number(config.WEB_CONCURRENCY ?? 1);
  if (count === 1 || worker) {
    await startTracing(name, { logger, resources });
    return await start({ config, logger, resources, fail });
  }
  const workers = startWorkers({ count, logger });
  resources.defer(() => workers.stop());
  const { METRICS_PORT, HOST } = config as { METRICS_PORT: number; HOST: string };
  await serveMetricsOfWorkers({ config: { METRICS_PORT, HOST }, logger, resources });
}

/** Throws an uncaught error, which makes runService close everything and exit. */
const fail = (error: Error) =>
  void setImmediate(() => {
    throw error;
  });

function configOrExit<Schema extends TObject>(schema: Schema): Static<Schema> {
  try {
    return loadConfig(schema, process.env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
