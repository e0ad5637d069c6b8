/**
 * Wraps `read` so that it runs at most once every `ms`. Callers in between share its result. A failure is not kept: the next call
 * reads again.
 */
export function recently<T>(read: () => Promise<T>, ms: number): () => Promise<T> {
  let known: { promise: Promise<T>; untilMs: number } | undefined;
  return () => {
    if (known && performance.now() < known.untilMs) return known.promise;
    const reading = { promise: read(), untilMs: performance.now() + ms };
    known = reading;
    reading.promise.catch(() => {
      if (known === reading) known = undefined;
    });
    return reading.promise;
  };
}
