import closeWithGrace from 'close-with-grace';
import type { Static, TObject, TProperties } from 'typebox';
import { type commonSettings, loadConfig } from './config.ts';
import { createLogger, type Logger } from './logger.ts';
import type { ServiceName } from './path-table.ts';

/** What a container platform gives a task between "stop" and "kill" is 30 s (ECS); drained before that, or forced. */
const drainMs = 25_000;

type ServiceConfig = TObject<TProperties & ReturnType<typeof commonSettings>>;

/** What a service's `main.ts` is given; it registers how to close each thing it opens with `resources`. */
export type ServiceContext<Schema extends TObject> = { config: Static<Schema>; logger: Logger; resources: AsyncDisposableStack };

/**
 * Owns the process of a service: reads its settings, starts it, and when asked to stop (SIGTERM, SIGINT) or when an error
 * went uncaught closes what was opened, in the reverse order. A second signal forces the exit.
 */
export async function runService<Schema extends ServiceConfig>(
  name: ServiceName,
  schema: Schema,
  start: (context: ServiceContext<Schema>) => Promise<void>,
): Promise<void> {
  const config = configOrExit(schema);
  const logger = createLogger(name, config.LOG_LEVEL as string);
  const resources = new AsyncDisposableStack();
  closeWithGrace({ delay: drainMs, logger: false }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'stopping after an error');
    else logger.info({ signal }, 'draining');
    await resources.disposeAsync();
    logger.info('stopped');
  });
  await start({ config, logger, resources });
}

function configOrExit<Schema extends TObject>(schema: Schema): Static<Schema> {
  try {
    return loadConfig(schema, process.env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
