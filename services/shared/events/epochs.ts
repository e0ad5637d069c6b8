/**
 * An event's sequence numbers are 1, 2, 3 … without a gap. When its inventory is rebuilt, they continue in a new epoch: epoch 1 has
 * 1,000,000,001, 1,000,000,002 … This avoids numbers that were given to domain events which Redis has lost: no number is used twice.
 * Later epochs have higher numbers, so sequence numbers stay in order. A double represents 9 million epochs exactly.
 */
const epochSize = 1_000_000_000;

export const epochOf = (sequence: number): number => Math.floor(sequence / epochSize);

/** The base of an epoch's sequence numbers: its first is this plus one. */
export const baseOf = (epoch: number): number => epoch * epochSize;
