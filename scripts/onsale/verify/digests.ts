import { fingerprintOf, type LiveTicket } from './tickets.ts';

/** A power of two: of a million tickets, some hundred are in each. */
const buckets = 8_192;

/** What is left of a set of things: by bucket how many there are, and 64 bits of sums that do not ask in which order they came. */
export type Digests = { counts: Int32Array; low: Int32Array; high: Int32Array };

export const createDigests = (): Digests => ({
  counts: new Int32Array(buckets),
  low: new Int32Array(buckets),
  high: new Int32Array(buckets),
});

/** By the end of an id, where those of one moment differ. */
export function bucketOf(id: string): number {
  let hash = 0;
  for (let at = Math.max(0, id.length - 12); at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return mix(hash) & (buckets - 1);
}

export const foldTicket = (digests: Digests, ticket: LiveTicket) => fold(digests, ticket.ticketId, fingerprintOf(ticket), 1);

/** Adds a thing `times` times; `id` says in which bucket it is, `text` what it is. */
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

/** The buckets whose sets are not the same. */
export function differing(a: Digests, b: Digests): number[] {
  return Array.from({ length: buckets }, (_, bucket) => bucket).filter(
    (at) => a.counts[at] !== b.counts[at] || a.low[at] !== b.low[at] || a.high[at] !== b.high[at],
  );
}

/** The end of Murmur's hash: every bit depends on all. */
function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}
