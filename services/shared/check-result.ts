import { Type } from 'typebox';

const results = ['ok', 'unreachable', 'timeout', 'refused'] as const;

/** The result of a health check, which everybody may read. */
export type CheckResult = (typeof results)[number];

export const Checks = Type.Record(Type.String(), Type.Enum([...results]), {
  description:
    'Health only: the result of each check. `unreachable`: there is no connection; `timeout`: no answer in time; `refused`: it answers, ' +
    'but does not do what we ask (it does not let us in, is loading, or is read-only). The log says more',
});

/** Fields of the errors that the drivers of Redis, MySQL and AWS throw. */
type StoreError = NodeJS.ErrnoException & { sqlState?: string; statusCode?: number; $metadata?: { httpStatusCode?: number } };

/** Describes a store's error in one word. */
export function describeFault(error: unknown): CheckResult {
  const { code, name, message, cause, sqlState, statusCode, $metadata } = error as StoreError;
  if (/timed? ?out|abort/i.test(`${code} ${name} ${message}`)) return 'timeout';
  const hasAnswered = name === 'ReplyError' || sqlState !== undefined || (statusCode ?? $metadata?.httpStatusCode) !== undefined;
  if (hasAnswered) return 'refused';
  return cause instanceof Error ? describeFault(cause) : 'unreachable';
}
