/** Returns a function that returns true at most once every `ms` milliseconds, to limit how often progress is shown. */
export function atMostEvery(ms: number): () => boolean {
  let lastAt = Number.NEGATIVE_INFINITY;
  return () => {
    const isDue = performance.now() - lastAt >= ms;
    if (isDue) lastAt = performance.now();
    return isDue;
  };
}
