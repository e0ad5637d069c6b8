const maxWidth = 130;

/** JSON with short objects and lists on one line, so that a row of seats takes a line. */
export const fileText = (value: unknown): string => `${text(value, '')}\n`;

function text(value: unknown, indent: string): string {
  const line = inOneLine(value);
  if (indent.length + line.length <= maxWidth || typeof value !== 'object' || value === null) return line;
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((item: unknown) => text(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${text(item, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`;
}

function inOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${inOneLine(item)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}
