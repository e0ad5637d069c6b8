/**
 * Sequences of an event are 1, 2, 3 … without a gap. When its inventory is rebuilt, they go on in a new epoch: epoch 1 has the
 * sequences 1,000,000,001, 1,000,000,002 … What Redis forgot may have been given numbers already, and no number is given twice.
 * Later epochs have higher numbers, so that sequences stay the order of what happened; 9 million epochs are exact as a double.
 */
const epochSize = 1_000_000_000;

export const epochOf = (sequence: number): number => Math.floor(sequence / epochSize);

/** The number that an epoch's sequences count on from: its first one is the next. */
export const baseOf = (epoch: number): number => epoch * epochSize;
