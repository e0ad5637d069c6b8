import type { System } from '../system.ts';
import { bucketOf, type Digests } from './digests.ts';
import { readTickets } from './read-mysql.ts';
import { readOrders } from './read-redis.ts';
import { fingerprintOf, isLive, ticketOf } from './tickets.ts';

/** A ticket that seems to differ between the stores, and its orders according to them. */
export type Suspect = { ticketId: string; orderIds: string[] };

/** Bounds memory: a ticket takes a few hundred bytes. */
const maxTicketsAtOnce = 100_000;

/**
 * Finds the tickets that differ in buckets whose digests differ, including some that only seem to, because the stores are read one after
 * the other. Reads both stores again, once for each 100,000 tickets in such buckets.
 */
export async function* matchTickets(
  { db, redis }: System,
  eventId: string,
  buckets: number[],
  { counts }: Digests,
  isCompared: (sequence: number) => boolean,
): AsyncGenerator<Suspect[]> {
  for (let at = 0; at < buckets.length; ) {
    const group = new Set<number>();
    for (let tickets = 0; at < buckets.length && tickets < maxTicketsAtOnce; at++) {
      const bucket = buckets[at] as number;
      group.add(bucket);
      tickets += counts[bucket] ?? 0;
    }
    const found = new Map<string, string>();
    for await (const orders of readOrders(redis, eventId)) {
      for (const order of orders) {
        if (!isCompared(order.sequence ?? 0)) continue;
        for (const ticket of order.tickets) {
          if (!isLive(ticket) || !group.has(bucketOf(ticket.ticketId))) continue;
          found.set(ticket.ticketId, inOnePiece(fingerprintOf(ticketOf(order, ticket))));
        }
      }
    }
    const suspects: Suspect[] = [];
    await readTickets(db, eventId, (ticket) => {
      const { ticketId, orderId, status, sequence } = ticket;
      if (status !== 'PAID' || !isCompared(sequence) || !group.has(bucketOf(ticketId))) return;
      const inRedis = found.get(ticketId);
      found.delete(ticketId);
      if (inRedis === fingerprintOf(ticket)) return;
      suspects.push({ ticketId, orderIds: inRedis === undefined ? [orderId] : [orderId, orderIn(inRedis)] });
    });
    for (const [ticketId, text] of found) suspects.push({ ticketId, orderIds: [orderIn(text)] });
    yield suspects;
  }
}

/** Copies a concatenated string, which V8 keeps as its parts, at several times the memory. */
const inOnePiece = (text: string) => Buffer.from(text).toString('latin1');

const orderIn = (fingerprint: string) => fingerprint.split(' ')[1] ?? '';
