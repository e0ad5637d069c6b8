import { isMainThread } from 'node:worker_threads';
import { type Logger, type LoggerOptions, pino } from 'pino';
import { boundFields, cut } from './bound-fields.ts';
import { getOrInsertComputed } from './get-or-insert.ts';
import { createSampler } from './sampled-log.ts';

export type { Logger };

const gatherBytes = 8 * 1024;
const gatherMs = 100;
const infoLevel = pino.levels.values['info'] ?? 30;
/** Lines a second with the same message: enough to see what is going on, and all that a flood can cost. */
const linesPerSecond = 10;
/** Our messages are constants; some of libraries' are not. Once there are so many, the others share one bound. */
const maxMessages = 100;

/**
 * JSON lines on standard output; `service` marks each line, and credentials never reach one. Lines are gathered
 * for a moment: a system call for each would be a good part of a sale. They are written when the process ends, but not when it
 * is killed outright. Of a thread, pino would lose those that wait at its end: it has little to say, and says it at once.
 */
export function createLogger(service: string, level: string): Logger {
  return pino(
    { level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, ...lineRules() },
    pino.destination(isMainThread ? { sync: false, minLength: gatherBytes, periodicFlush: gatherMs } : { sync: true }),
  );
}

/**
 * The form of every line, as options for pino, with what keeps strangers from filling a disk: fields are cut to size, and a message is
 * written ten times a second, then once a second with the `times` it stands for. Debug lines are all written: somebody asked for them.
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
 * An error without what was asked for: ioredis keeps a command's arguments, be they of AUTH, and mysql2 the whole statement, with
 * buyers in it and up to megabytes long.
 */
function describeError(error: Error): object {
  const { command, sql: _statement, ...told } = pino.stdSerializers.err(error) as object as Record<string, unknown>;
  const { name } = (command ?? {}) as { name?: string };
  return boundFields({ ...told, ...(name !== undefined && { command: name }) });
}
