import pRetry, { type RetryContext } from 'p-retry';

/**
 * Tries until it is done, at growing intervals of up to 2 s; what a store's absence costs is waiting. Rejects with the last
 * error once `isStopping`, after which the attempt in hand is the last one.
 */
export function untilDone<T>(
  attempt: () => Promise<T>,
  {
    isStopping,
    onFailure,
  }: { isStopping: () => boolean; onFailure: (failure: Pick<RetryContext, 'error' | 'attemptNumber'>) => void },
): Promise<T> {
  return pRetry(attempt, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 100,
    maxTimeout: 2_000,
    randomize: true,
    shouldRetry: () => !isStopping(),
    onFailedAttempt: onFailure,
  });
}
