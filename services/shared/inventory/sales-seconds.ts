/**
 * What one purchase process sold, held, cancelled and refused in one second. Each process writes its seconds to Redis
 * (salesSecondsKey), and the operator's page reads them. No decision depends on them, so losing some is harmless.
 */
export type SalesSecond = {
  /** The start of the second, by the process's clock: milliseconds since 1970. */
  at: number;
  events: Record<string, EventSales>;
  /** Requests on any event that were refused with 503, by problem code. */
  unavailable: Record<string, number>;
  /** The number of responses in each latency bucket (latencyBucket) that has any. */
  latency: [bucket: number, responses: number][];
};

export type EventSales = {
  sold: number;
  /** The total price of the tickets sold, in minor units. */
  soldMinor: number;
  held: number;
  cancelled: number;
  /** Requests refused, by problem code. */
  refused: Record<string, number>;
};

/** How long seconds are kept, so that an operator who opens the page late can see what came before. */
export const secondsKeptMs = 15 * 60_000;

/** Buckets per doubling: a reported latency is off by at most a tenth. */
const bucketsPerDoubling = 8;
/** From a quarter of a millisecond to a minute. */
const leastMs = 0.25;
const lastBucket = Math.ceil(Math.log2(60_000 / leastMs) * bucketsPerDoubling);

/** The number of a latency's bucket. */
export function latencyBucket(ms: number): number {
  const bucket = Math.ceil(Math.log2(ms / leastMs) * bucketsPerDoubling);
  return Math.min(lastBucket, Math.max(0, bucket));
}

/** The longest latency in a bucket, in milliseconds. */
export const latencyOf = (bucket: number): number => leastMs * 2 ** (bucket / bucketsPerDoubling);
