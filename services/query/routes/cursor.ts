import { validate as isUuid } from 'uuid';
import type { TicketPosition } from '../queries/tickets.ts';

/** The longest cursor: base64 of a time before the year 5139, a 64-character event id, a 15-digit sequence number and a UUID. */
export const maxCursorCharacters = 176;

/** Encodes a position as a cursor for clients: opaque and URL-safe. */
export function encodeCursor({ createdOn, eventId, sequence, ticketId }: TicketPosition): string {
  return Buffer.from(`${createdOn.getTime()}/${eventId}/${sequence}/${ticketId}`).toString('base64url');
}

/** Returns undefined if `cursor` does not decode to a position. */
export function decodeCursor(cursor: string): TicketPosition | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, timeMs, eventId = '', sequence, ticketId = ''] = /^(\d{1,14})\/([\w.-]{1,64})\/(\d{1,15})\/(.{36})$/.exec(text) ?? [];
  return isUuid(ticketId) ? { createdOn: new Date(Number(timeMs)), eventId, sequence: Number(sequence), ticketId } : undefined;
}
