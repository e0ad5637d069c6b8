/**
 * Seat labels as an event file's short list: ranges for runs of labels ("1-7", "21-1/2", "W1-W4"), `_` for gaps (null): "1-7 _2 8 12A".
 * Undefined if a label has characters that mean something in such a list, or could; then only an array can list them.
 */
export function compactLabels(labels: readonly (string | null)[]): string | undefined {
  if (labels.some((label) => label !== null && !/^[\p{L}\p{N}.]+$/u.test(label))) return undefined;
  const words: string[] = [];
  for (let at = 0; at < labels.length; ) {
    const { word, length } = labels[at] === null ? gapAt(labels, at) : runAt(labels as string[], at);
    words.push(word);
    at += length;
  }
  return words.join(' ');
}

type Word = { word: string; length: number };

function gapAt(labels: readonly (string | null)[], at: number): Word {
  const end = labels.findIndex((label, other) => other > at && label !== null);
  const length = (end < 0 ? labels.length : end) - at;
  return { word: length === 1 ? '_' : `_${length}`, length };
}

/** The longest range from here on; a label that begins none stands alone. */
function runAt(labels: readonly string[], at: number): Word {
  const first = labels[at] ?? '';
  const step = stepBetween(first, labels[at + 1]);
  let last = at;
  while (step !== 0 && stepBetween(labels[last] ?? '', labels[last + 1]) === step) last++;
  const length = last - at + 1;
  const size = Math.abs(step);
  // "1-3/2" is longer than "1 3", and would take the 3 from a range that begins there.
  if (length < (size === 1 ? 2 : 3)) return { word: first, length: 1 };
  return { word: `${first}-${labels[last]}${size === 1 ? '' : `/${size}`}`, length };
}

/** ("W1", "W3") → 2, ("C", "B") → -1; 0 if no range can have both. */
function stepBetween(label: string, next: string | null | undefined): number {
  const [from, to] = [counted(label), counted(next ?? '')];
  return from && to && from.prefix === to.prefix ? to.number - from.number : 0;
}

/** A label that ranges can have: a number, letters and a number, or one capital letter. */
function counted(label: string): { prefix: string; number: number } | undefined {
  if (/^[A-Z]$/.test(label)) return { prefix: '', number: label.charCodeAt(0) - 100_000 };
  const [, prefix, digits] = /^([A-Za-z]*)([1-9]\d{0,3})$/.exec(label) ?? [];
  return prefix === undefined ? undefined : { prefix, number: Number(digits) };
}
