import { validate as isUuid } from 'uuid';
import type { TicketPosition } from '../queries/tickets.ts';

/** No cursor is longer: an event's id of 64 characters, 15 digits and a UUID, in base64. */
export const maxCursorCharacters = 160;

/** A position as a client carries it: opaque, and safe in a URL. */
export function encodeCursor({ eventId, sequence, ticketId }: TicketPosition): string {
  return Buffer.from(`${eventId}.${sequence}.${ticketId}`).toString('base64url');
}

/** Undefined where it is not a cursor of ours. */
export function decodeCursor(cursor: string): TicketPosition | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, eventId = '', sequence, ticketId = ''] = /^([\w.-]{1,64})\.(\d{1,15})\.(.{36})$/.exec(text) ?? [];
  return isUuid(ticketId) ? { eventId, sequence: Number(sequence), ticketId } : undefined;
}
