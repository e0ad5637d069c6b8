/** Enough to see what is wrong, however many there are. */
const maxExamples = 20;

export type Differences = ReturnType<typeof createDifferences>;

/** Collects differences: the first twenty of each kind, and how many there are. */
export function createDifferences() {
  const kinds = new Map<string, { count: number; examples: string[] }>();
  return {
    /** Calls `line` only if it is shown. */
    add(kind: string, line: () => string): void {
      const ofKind = kinds.get(kind) ?? { count: 0, examples: [] };
      kinds.set(kind, ofKind);
      ofKind.count++;
      if (ofKind.examples.length < maxExamples) ofKind.examples.push(line());
    },
    count: () => kinds.values().reduce((sum, { count }) => sum + count, 0),
    lines: () =>
      [...kinds].flatMap(([kind, { count, examples }]) =>
        count > examples.length
          ? [...examples, `… and ${(count - examples.length).toLocaleString('en-US')} more: ${kind}`]
          : examples,
      ),
  };
}
