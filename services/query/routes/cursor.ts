import { validate as isUuid } from 'uuid';
import type { TicketPosition } from '../queries/tickets.ts';

/** The longest cursor: a time before the year 5139, an event's id of 64 characters, a sequence of 15 digits and a UUID, in base64. */
export const maxCursorCharacters = 176;

/** A position as a client carries it: opaque, and safe in a URL. */
export function encodeCursor({ createdOn, eventId, sequence, ticketId }: TicketPosition): string {
  return Buffer.from(`${createdOn.getTime()}/${eventId}/${sequence}/${ticketId}`).toString('base64url');
}

/** Undefined if it is not a cursor of ours. */
export function decodeCursor(cursor: string): TicketPosition | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, timeMs, eventId = '', sequence, ticketId = ''] = /^(\d{1,14})\/([\w.-]{1,64})\/(\d{1,15})\/(.{36})$/.exec(text) ?? [];
  return isUuid(ticketId) ? { createdOn: new Date(Number(timeMs)), eventId, sequence: Number(sequence), ticketId } : undefined;
}
