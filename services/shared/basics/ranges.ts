/** Sequence numbers from `first` to `last`, both included. Lists of ranges are ascending and do not overlap. */
export type Range = { first: number; last: number };

const maxShown = 20;

export const sizeOf = (ranges: Range[]): number => ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);

/** True if a sequence number is in one of the ranges; O(log ranges). */
export function includes(ranges: Range[], sequence: number): boolean {
  let [from, to] = [0, ranges.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const range = ranges[middle];
    if (range && range.last < sequence) from = middle + 1;
    else to = middle;
  }
  const found = ranges[from];
  return found !== undefined && found.first <= sequence;
}

/** Splits ranges into the parts that are in `others` and those that are not. */
export function split(ranges: Range[], others: Range[]): { inside: Range[]; outside: Range[] } {
  const inside: Range[] = [];
  const outside: Range[] = [];
  let at = 0;
  for (const { first, last } of ranges) {
    let next = first;
    while ((others[at]?.last ?? Number.POSITIVE_INFINITY) < first) at++;
    for (let other = others[at]; other && other.first <= last; other = others[++at]) {
      if (other.first > next) outside.push({ first: next, last: other.first - 1 });
      const end = Math.min(last, other.last);
      inside.push({ first: Math.max(next, other.first), last: end });
      next = end + 1;
      if (other.last > last) break;
    }
    if (next <= last) outside.push({ first: next, last });
  }
  return { inside, outside };
}

/** Makes ranges of sequence numbers in any order, repeated or not. */
export function rangesOf(sequences: Iterable<number>): Range[] {
  const ranges: Range[] = [];
  for (const sequence of [...sequences].toSorted((a, b) => a - b)) append(ranges, { first: sequence, last: sequence });
  return ranges;
}

/** Adds a range that does not begin before the last one, and merges the two if they touch. */
export function append(ranges: Range[], { first, last }: Range): void {
  const before = ranges.at(-1);
  if (before && first <= before.last + 1) before.last = Math.max(before.last, last);
  else ranges.push({ first, last });
}

/** "3, 7-9, 12 and 5 more": the first twenty ranges, and how many numbers are in the others. */
export function listRanges(ranges: Range[]): string {
  const shown = ranges.slice(0, maxShown);
  const text = shown.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(', ');
  const left = sizeOf(ranges) - sizeOf(shown);
  return left === 0 ? text : `${text} and ${left} more`;
}
