import { fingerprintOf, type LiveTicket } from './tickets.ts';

/** A power of two. Of a million tickets, each bucket gets about a hundred. */
const buckets = 8_192;

/** A digest of a set: for each bucket, how many items there are and a 64-bit sum of them, which does not depend on their order. */
export type Digests = { counts: Int32Array; low: Int32Array; high: Int32Array };

export const createDigests = (): Digests => ({
  counts: new Int32Array(buckets),
  low: new Int32Array(buckets),
  high: new Int32Array(buckets),
});

/** Hashes the end of an id, because ids made at the same moment differ only there. */
export function bucketOf(id: string): number {
  let hash = 0;
  for (let at = Math.max(0, id.length - 12); at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return mix(hash) & (buckets - 1);
}

export const foldTicket = (digests: Digests, ticket: LiveTicket) => fold(digests, ticket.ticketId, fingerprintOf(ticket), 1);

/** Adds an item `times` times. `id` decides its bucket; `text` is all that is compared of it. */
export function fold({ counts, low, high }: Digests, id: string, text: string, times: number): void {
  const bucket = bucketOf(id);
  let [a, b] = [0x2545f491, 0x5bd1e995];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b ^ code, 0x1b873593);
    b = (b << 13) | (b >>> 19);
  }
  counts[bucket] = (counts[bucket] ?? 0) + times;
  low[bucket] = (low[bucket] ?? 0) + Math.imul(mix(a), times);
  high[bucket] = (high[bucket] ?? 0) + Math.imul(mix(b), times);
}

/** The buckets whose sets differ. */
export function differing(a: Digests, b: Digests): number[] {
  return Array.from({ length: buckets }, (_, bucket) => bucket).filter(
    (at) => a.counts[at] !== b.counts[at] || a.low[at] !== b.low[at] || a.high[at] !== b.high[at],
  );
}

/** MurmurHash3's finalizer: every bit depends on all bits of the input. */
function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
