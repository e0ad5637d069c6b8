/** Returns a function that is true at most once in so many milliseconds: for progress that need not be shown each time. */
export function atMostEvery(ms: number): () => boolean {
  let lastAt = Number.NEGATIVE_INFINITY;
  return () => {
    const isDue = performance.now() - lastAt >= ms;
    if (isDue) lastAt = performance.now();
    return isDue;
  };
}
