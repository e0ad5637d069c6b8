import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { ProblemError } from './problems.ts';

export const linkHeader = Type.String({ description: 'RFC 8288, rel="next": the next page; absent on the last page' });

export const wrongCursor: ProblemError = {
  parameter: 'cursor',
  detail: 'is not a cursor for this list; start again without one',
};

/** `query`: what the request asked for besides the cursor and the limit; undefined values are left out. */
type List = { path: string; query?: Record<string, string | number | boolean | undefined>; limit: number };

/**
 * The first `limit` of the entries that were found. The caller looks for one more than it shows: if there is one, the reply gets a
 * Link to the next page (RFC 8288).
 */
export function cutPage<Entry>(
  reply: FastifyReply,
  found: Entry[],
  { cursorOf, ...list }: List & { cursorOf(last: Entry): string },
): Entry[] {
  const page = found.slice(0, list.limit);
  const last = page.at(-1);
  if (last !== undefined && found.length > list.limit) linkNext(reply, cursorOf(last), list);
  return page;
}

/** Gives the reply a Link to the page that begins at a cursor (RFC 8288). */
export function linkNext(reply: FastifyReply, cursor: string, { path, query = {}, limit }: List): void {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor, limit })) if (value !== undefined) next.set(name, String(value));
  reply.header('link', `<${path}?${next}>; rel="next"`);
}
