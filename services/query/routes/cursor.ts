import { validate as isUuid } from 'uuid';
import type { TicketPosition } from '../queries/tickets.ts';

/** A position as a client carries it: opaque, and safe in a URL. */
export function encodeCursor({ sequence, ticketId }: TicketPosition): string {
  return Buffer.from(`${sequence}.${ticketId}`).toString('base64url');
}

/** Undefined where it is not a cursor of ours. */
export function decodeCursor(cursor: string): TicketPosition | undefined {
  const [, sequence, ticketId = ''] = /^(\d{1,15})\.(.{36})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  return isUuid(ticketId) ? { sequence: Number(sequence), ticketId } : undefined;
}
