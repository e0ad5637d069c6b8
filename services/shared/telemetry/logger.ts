import { isMainThread } from 'node:worker_threads';
import { type Logger, type LoggerOptions, pino } from 'pino';
import { getOrInsertComputed } from '../basics/get-or-insert.ts';
import { boundFields, cut } from './bound-fields.ts';
import { createSampler } from './sampled-log.ts';

export type { Logger };

const gatherBytes = 8 * 1024;
const gatherMs = 100;
const infoLevel = pino.levels.values['info'] ?? 30;
/** Lines per second with the same message: enough to see what is going on, and a limit on the cost of a flood. */
const linesPerSecond = 10;
/** Our messages are constants, but some of the libraries' are not. Past this many, further messages share one limit. */
const maxMessages = 100;

/**
 * Logs JSON lines to standard output. Each line names the `service`, and none contains credentials. Lines are buffered for a moment,
 * because a system call for each would be a good part of a sale's cost. The buffer is flushed when the process ends, but lost if it
 * is killed outright. A thread writes its few lines immediately, because pino would lose a thread's buffer when it ends.
 */
export function createLogger(service: string, level: string): Logger {
  return pino(
    { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, ...lineRules() },
    pino.destination(isMainThread ? { sync: false, minLength: gatherBytes, periodicFlush: gatherMs } : { sync: true }),
  );
}

/**
 * The pino options for every line. They keep strangers from filling a disk: fields are truncated, and the same message is written at
 * most ten times a second, then once a second with `times`, the number of lines it stands for. Debug lines are not limited.
 */
export function lineRules() {
  const limit = createLineLimit();
  return {
    formatters: { level: (label) => ({ level: label }), log: boundFields },
    redact: ['req.headers.authorization', 'req.headers.cookie'],
    serializers: { err: describeError },
    hooks: {
      logMethod(args, method, level) {
        const given: unknown[] = [...args];
        const first = typeof given[0] === 'object' ? given.shift() : undefined;
        const fields: Record<string, unknown> = first instanceof Error ? { err: first } : { ...(first as object) };
        const error = fields['err'] instanceof Error ? (fields['err'] as NodeJS.ErrnoException) : undefined;
        const [message = error?.message ?? '', ...rest] = given as string[];
        const write = (times: number) => method.call(this, times > 1 ? { ...fields, times } : fields, cut(message), ...rest);
        if (level < infoLevel) write(1);
        else limit(`${level} ${given[0] ?? ''} ${error?.code ?? error?.name ?? ''}`, write);
      },
    },
  } satisfies LoggerOptions;
}

function createLineLimit(): (kind: string, write: (times: number) => void) => void {
  const samplers = new Map<string, ReturnType<typeof createSampler>>();
  return (kind, write) => {
    const name = samplers.size < maxMessages || samplers.has(kind) ? kind : 'others';
    getOrInsertComputed(samplers, name, () => createSampler(linesPerSecond, () => samplers.delete(name)))(write);
  };
}

/**
 * An error without the failed command's arguments or the failed statement. ioredis keeps the arguments, even those of AUTH; mysql2
 * keeps the whole statement, which contains buyers and can be megabytes long.
 */
function describeError(error: Error): object {
  const { command, sql: _statement, ...told } = pino.stdSerializers.err(error) as object as Record<string, unknown>;
  const { name } = (command ?? {}) as { name?: string };
  return boundFields({ ...told, ...(name !== undefined && { command: name }) });
}
