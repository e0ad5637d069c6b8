/**
 * What one purchase process sold, held, cancelled and refused in one second: written to Redis by each of them (pulsesKey), and read for the operator's
 * page. Nothing is decided by it, and what of it is lost is lost.
 */
export type Pulse = {
  /** The second's beginning, by the process's clock: milliseconds since 1970. */
  at: number;
  events: Record<string, EventPulse>;
  /** Requests on any event that were refused with 503, by problem code. */
  unavailable: Record<string, number>;
  /** How many answers took how long (latencyBucket), where there were any. */
  latency: [bucket: number, answers: number][];
};

export type EventPulse = {
  sold: number;
  /** What the tickets sold cost together, in minor units. */
  soldMinor: number;
  held: number;
  cancelled: number;
  /** Requests refused, by problem code. */
  refused: Record<string, number>;
};

/** How long pulses are kept: an operator who comes late sees what was before. */
export const pulsesKeptMs = 15 * 60_000;

/** Buckets for each doubling: what is told of a latency is at most a tenth off. */
const bucketsPerDoubling = 8;
/** From a quarter of a millisecond to a minute. */
const leastMs = 0.25;
const lastBucket = Math.ceil(Math.log2(60_000 / leastMs) * bucketsPerDoubling);

/** The number of a latency's bucket. */
export function latencyBucket(ms: number): number {
  const bucket = Math.ceil(Math.log2(ms / leastMs) * bucketsPerDoubling);
  return Math.min(lastBucket, Math.max(0, bucket));
}

/** The longest latency that a bucket stands for, in milliseconds. */
export const latencyOf = (bucket: number): number => leastMs * 2 ** (bucket / bucketsPerDoubling);
