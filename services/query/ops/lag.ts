import { baseOf, epochOf } from '../../shared/events/epochs.ts';

/** `sequences`: domain events in Redis but not yet in MySQL; `seconds`: how long the first of them has waited. */
export type Lag = { sequences: number; seconds: number };

/** A quarter of an hour of looks, a second apart; beyond that, every other look is dropped. */
const maxLooks = 900;

/**
 * Measures how far one event's projection is behind. Each call is a look at the last sequence numbers of Redis and MySQL; a domain
 * event has waited since the first look that saw it. So one that waited before the first look counts from that look, and one that
 * arrived between two looks counts from the second.
 */
export function createLagMeter(): (sequence: number, projected: number, nowMs: number) => Lag {
  let looks: { atMs: number; sequence: number }[] = [];
  return (sequence, projected, nowMs) => {
    const applied = Math.max(projected, baseOf(epochOf(sequence)));
    if (sequence !== looks.at(-1)?.sequence) looks.push({ atMs: nowMs, sequence });
    looks = looks.filter((look) => look.sequence > applied);
    if (looks.length > maxLooks) looks = looks.filter((_, at) => at % 2 === 0);
    return {
      sequences: Math.max(0, sequence - applied),
      seconds: Math.max(0, nowMs - (looks[0]?.atMs ?? nowMs)) / 1_000,
    };
  };
}
