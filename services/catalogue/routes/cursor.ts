import { Type } from 'typebox';

const maxCursorCharacters = 400;

/** The query of a list that comes in pages. */
export const pageQuery = (most: number, usual: number) => ({
  cursor: Type.Optional(
    Type.String({ maxLength: maxCursorCharacters, description: "Where the previous page ended, taken from that page's Link" }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: usual, description: 'Maximum entries per page' })),
});

/** Encodes where a page ended as a cursor for clients: opaque and URL-safe. */
export const encodeCursor = (values: (string | number)[]) => Buffer.from(JSON.stringify(values)).toString('base64url');

/** The values of a cursor if they are of these types, one by one; else undefined. Numbers are whole and not negative. */
export function decodeCursor(cursor: string, types: ('string' | 'number')[]): (string | number)[] | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(values) || values.length !== types.length) return undefined;
    const isRight = values.every(
      (value: unknown, at) =>
        typeof value === types[at] && (typeof value !== 'number' || (Number.isSafeInteger(value) && value >= 0)),
    );
    return isRight ? (values as (string | number)[]) : undefined;
  } catch {
    return undefined;
  }
}
