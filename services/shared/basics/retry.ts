import pRetry, { type RetryContext } from 'p-retry';

/**
 * Repeats `attempt` until it succeeds, at growing intervals of up to 2 s, so that a store's outage only costs time. Once `isStopping`
 * returns true, the current attempt is the last; if it fails, rejects with its error. An error that `isFinal`
 * is not retried.
 */
export function untilDone<T>(
  attempt: () => Promise<T>,
  {
    isStopping,
    isFinal = () => false,
    onFailure,
  }: {
    isStopping: () => boolean;
    isFinal?: (error: Error) => boolean;
    onFailure: (failure: Pick<RetryContext, 'error' | 'attemptNumber'>) => void;
  },
): Promise<T> {
  return pRetry(attempt, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 100,
    maxTimeout: 2_000,
    randomize: true,
    shouldRetry: ({ error }) => !isStopping() && !isFinal(error),
    onFailedAttempt: onFailure,
  });
}
