/**
 * `read`, but no more often than every `ms`: whoever asks meanwhile is given the same, however many they are. What failed is
 * forgotten.
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
