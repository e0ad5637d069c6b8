import type { TicketPosition } from '../queries/tickets.ts';

/** A position as a client carries it: opaque, and safe in a URL. */
export function encodeCursor({ sequence, ticketId }: TicketPosition): string {
  return Buffer.from(`${sequence}.${ticketId}`).toString('base64url');
}

/** Undefined where it is not a cursor of ours. */
export function decodeCursor(cursor: string): TicketPosition | undefined {
  const match = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  return match ? { sequence: Number(match[1]), ticketId: match[2] as string } : undefined;
}
