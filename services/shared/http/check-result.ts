import { Type } from 'typebox';

const results = ['ok', 'unreachable', 'timeout', 'refused'] as const;

/** The result of a health check. It is public, so it is one word. */
export type CheckResult = (typeof results)[number];

export const Checks = Type.Record(Type.String(), Type.Enum([...results]), {
  description:
    'Health only: the result of each check. `unreachable`: no connection; `timeout`: no reply in time; `refused`: it replied with an ' +
    'error (it rejects our credentials, is still loading, or is read-only). The log has the details',
});

/** Fields of the errors that the Redis, MySQL and AWS drivers throw. */
type StoreError = NodeJS.ErrnoException & { sqlState?: string; statusCode?: number; $metadata?: { httpStatusCode?: number } };

/** Describes a store's error in one word. */
export function describeFault(error: unknown): CheckResult {
  const { code, name, message, cause, sqlState, statusCode, $metadata } = error as StoreError;
  if (/timed? ?out|abort/i.test(`${code} ${name} ${message}`)) return 'timeout';
  const hasAnswered = name === 'ReplyError' || sqlState !== undefined || (statusCode ?? $metadata?.httpStatusCode) !== undefined;
  if (hasAnswered) return 'refused';
  return cause instanceof Error ? describeFault(cause) : 'unreachable';
}
