import { Type } from 'typebox';

const results = ['ok', 'unreachable', 'timeout', 'refused'] as const;

/** What a health check found, as everybody may read it. */
export type CheckResult = (typeof results)[number];

export const Checks = Type.Record(Type.String(), Type.Enum([...results]), {
  description:
    'Health only: what each check found. `unreachable`: there is no connection; `timeout`: no answer in time; `refused`: it answers, ' +
    'but does not do what we ask (it does not let us in, is loading, or is read-only). The log says more',
});

/** What the drivers of Redis, MySQL and AWS say of an error. */
type StoreError = NodeJS.ErrnoException & { sqlState?: string; statusCode?: number; $metadata?: { httpStatusCode?: number } };

/** In one word, what is wrong with a store that gave this error. */
export function describeFault(error: unknown): CheckResult {
  const { code, name, message, cause, sqlState, statusCode, $metadata } = error as StoreError;
  if (/timed? ?out|abort/i.test(`${code} ${name} ${message}`)) return 'timeout';
  const hasAnswered = name === 'ReplyError' || sqlState !== undefined || (statusCode ?? $metadata?.httpStatusCode) !== undefined;
  if (hasAnswered) return 'refused';
  return cause instanceof Error ? describeFault(cause) : 'unreachable';
}
