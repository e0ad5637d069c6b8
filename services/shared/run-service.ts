import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import type { Static, TObject, TProperties } from 'typebox';
import { type commonSettings, loadConfig } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import { serveMetricsOfWorkers } from './metrics.ts';
import type { ServiceName } from './path-table.ts';
import { startTracing } from './tracing.ts';
import { onDrain, startWorkers } from './workers.ts';

/** What a container platform gives a task between "stop" and "kill" is 30 s (ECS); drained before that, or forced. */
const drainMs = 25_000;

const stopSignals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

type ServiceConfig = TObject<TProperties & ReturnType<typeof commonSettings>>;

/** What a service's `main.ts` is given; it registers how to close each thing it opens with `resources`. */
export type ServiceContext<Schema extends TObject> = {
  config: Static<Schema>;
  logger: Logger;
  resources: AsyncDisposableStack;
  /** Ends the process, drained, with exit code 1: for what only a new one can mend, with the settings of then. */
  fail(error: Error): void;
};

/**
 * Owns the process of a service: reads its settings, starts it, and when asked to stop (SIGTERM, SIGINT) or when an error
 * went uncaught closes what was opened, in the reverse order. A second signal forces the exit. With a WEB_CONCURRENCY above 1
 * it is workers that start the service, and this process keeps them running.
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
  // A worker may be asked by a terminal, which signals the whole group, and by who started it: that forces nothing.
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

/** As an error that nobody caught, which runService sees to. */
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
