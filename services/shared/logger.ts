import { isMainThread } from 'node:worker_threads';
import { type Logger, pino } from 'pino';

export type { Logger };

const gatherBytes = 8 * 1024;
const gatherMs = 100;

/**
 * JSON lines on standard output; `service` marks each line, and credentials never reach one. Lines are gathered
 * for a moment: a system call for each would be a good part of a sale. They are written when the process ends, but not when it
 * is killed outright. Of a thread, pino would lose those that wait at its end: it has little to say, and says it at once.
 */
export function createLogger(service: string, level: string): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ['req.headers.authorization', 'req.headers.cookie'],
      serializers: { err: describeError },
    },
    pino.destination(isMainThread ? { sync: false, minLength: gatherBytes, periodicFlush: gatherMs } : { sync: true }),
  );
}

/**
 * An error without what was asked for: ioredis keeps a command's arguments, be they of AUTH, and mysql2 the whole statement, with
 * buyers in it and up to megabytes long.
 */
function describeError(error: Error): object {
  const { command, sql: _statement, ...told } = pino.stdSerializers.err(error) as object as Record<string, unknown>;
  const { name } = (command ?? {}) as { name?: string };
  return { ...told, ...(name !== undefined && { command: name }) };
}
