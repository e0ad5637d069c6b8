/** A stack trace of ten frames fits; a request body or an SQL statement does not. */
const maxCharacters = 2_000;
const maxItems = 30;
const maxDepth = 4;

/** Truncates a text that is too long for a log line. */
export const cut = (text: string) => (text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text);

/** Truncates every text, list and object in a log line's fields. Leaves errors alone, for their serializer. */
export function boundFields(fields: Record<string, unknown>): Record<string, unknown> {
  return bounded(fields, maxDepth) as Record<string, unknown>;
}

function bounded(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => bounded(item, depth - 1));
  const entries = Object.entries(value).slice(0, maxItems);
  return Object.fromEntries(entries.map(([name, field]) => [cut(name), bounded(field, depth - 1)]));
}
