import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on standard output; `service` marks each line, and credentials never reach one. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: ['req.headers.authorization', 'req.headers.cookie'],
  });
}
