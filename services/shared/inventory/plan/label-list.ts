/** What a list of labels may be: `most` entries, each label of at most `length` characters, and gaps (`_`) if `hasGaps`. */
type Bounds = { most: number; length: number; hasGaps?: boolean };

/**
 * Parses labels in the compact form: "21-1/2 _ 2-22/2" → 21, 19, … 1, a gap (''), 2, 4, … 22. Returns the fault in plain words if the
 * text is not of this form, or would exceed the bounds, which is checked before a range is expanded.
 */
export function parseLabels(text: string, { most, length, hasGaps = false }: Bounds): { labels: string[] } | { fault: string } {
  const labels: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const run = parseWord(word);
    if ('fault' in run) return run;
    if (run.kind === 'gap' && !hasGaps)
      return { fault: `has the gap ${word}, but only seats of a row may have gaps between them` };
    if (labels.length + run.count > most) return { fault: `has more than ${most} entries` };
    const more = Array.from({ length: run.count }, (_, at) => run.labelAt(at));
    const long = more.find((label) => [...label].length > length);
    if (long !== undefined) return { fault: `has the label ${long}, which is longer than ${length} characters` };
    labels.push(...more);
  }
  return labels.length === 0 ? { fault: 'must have at least one label' } : { labels };
}

/** Labels that one word stands for, not expanded yet. */
type Run = { kind: 'labels' | 'gap'; count: number; labelAt: (at: number) => string };

function parseWord(word: string): Run | { fault: string } {
  if (word.startsWith('_')) {
    const [, digits] = /^_([1-9][0-9]{0,4})?$/.exec(word) ?? [];
    if (digits === undefined && word !== '_') return { fault: `has ${word}, but a gap is _ or, of three places, _3` };
    return { kind: 'gap', count: Number(digits ?? 1), labelAt: () => '' };
  }
  if (!/[-/]/.test(word)) return { kind: 'labels', count: 1, labelAt: () => word };
  const [, first, last, step = '1'] = /^([^-/]+)-([^-/]+)(?:\/([1-9][0-9]{0,3}))?$/.exec(word) ?? [];
  if (first === undefined || last === undefined) {
    return { fault: `has ${word}, which is not a range such as 1-20 or 1-19/2; labels with - or / can be given as a list` };
  }
  const [from, to] = [endOf(first), endOf(last)];
  const distance = from && to && from.kind === to.kind ? Math.abs(to.number - from.number) : 0;
  const labelAt = (steps: number) => (from && to ? labelBetween(from, to, steps) : '');
  // Neither holds if the ends have other characters before them, or if only one begins with a zero.
  if (labelAt(0) !== first || labelAt(distance) !== last) {
    return {
      fault: `has the range ${word}, whose ends must be numbers or letters after the same characters, as in 1-20, A-F and W1-W4`,
    };
  }
  const by = Number(step);
  if (distance % by !== 0) return { fault: `has the range ${word}, which does not arrive at ${last} in steps of ${by}` };
  return { kind: 'labels', count: distance / by + 1, labelAt: (at) => labelAt(by * at) };
}

/** An end of a range: the number at its end, or the code of its last letter, with what is before it. */
type End = { kind: 'number' | 'capital' | 'letter'; prefix: string; number: number; width: number };

function endOf(text: string): End | undefined {
  const [, before = '', digits] = /^(.*?)([0-9]{1,9})$/su.exec(text) ?? [];
  // Numbers that begin with a zero keep their width: 01-12.
  if (digits !== undefined)
    return { kind: 'number', prefix: before, number: Number(digits), width: digits.startsWith('0') ? digits.length : 1 };
  const [, prefix = '', letter] = /^(.*)([A-Za-z])$/su.exec(text) ?? [];
  return letter === undefined
    ? undefined
    : { kind: letter < 'a' ? 'capital' : 'letter', prefix, number: letter.charCodeAt(0), width: 1 };
}

/** The label so many steps of one from the first end towards the other. */
function labelBetween(from: End, to: End, steps: number): string {
  const number = from.number + (to.number < from.number ? -steps : steps);
  const width = Math.max(from.width, to.width);
  return from.prefix + (from.kind === 'number' ? String(number).padStart(width, '0') : String.fromCharCode(number));
}
