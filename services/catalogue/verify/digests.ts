import xxhash from 'xxhash-wasm';
import { fingerprintOf, type LiveTicket } from './tickets.ts';

const { h32 } = await xxhash();

/** A power of two. Of a million tickets, each bucket gets about a hundred. */
const buckets = 8_192;

/** A digest of a set: for each bucket, how many items there are and a 64-bit sum of them, which does not depend on their order. */
export type Digests = { counts: Int32Array; low: Int32Array; high: Int32Array };

export const createDigests = (): Digests => ({
  counts: new Int32Array(buckets),
  low: new Int32Array(buckets),
  high: new Int32Array(buckets),
});

export const bucketOf = (id: string): number => h32(id) % buckets;

export const foldTicket = (digests: Digests, ticket: LiveTicket) => fold(digests, ticket.ticketId, fingerprintOf(ticket), 1);

/** Adds an item `times` times. `id` decides its bucket; `text` is all that is compared of it. */
export function fold({ counts, low, high }: Digests, id: string, text: string, times: number): void {
  const bucket = bucketOf(id);
  counts[bucket] = (counts[bucket] ?? 0) + times;
  low[bucket] = (low[bucket] ?? 0) + Math.imul(h32(text), times);
  // With another seed, another hash.
  high[bucket] = (high[bucket] ?? 0) + Math.imul(h32(text, 1), times);
}

/** The buckets whose sets differ. */
export function differing(a: Digests, b: Digests): number[] {
  return Array.from({ length: buckets }, (_, bucket) => bucket).filter(
    (at) => a.counts[at] !== b.counts[at] || a.low[at] !== b.low[at] || a.high[at] !== b.high[at],
  );
}
