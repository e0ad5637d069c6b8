import { baseOf, epochOf } from '../../shared/epochs.ts';

/** `sequences`: domain events that Redis has and MySQL has not; `seconds`: how long the first of them has waited. */
export type Lag = { sequences: number; seconds: number };

/** Looks of a quarter of an hour, a second apart; of more, every other one is forgotten. */
const maxLooks = 900;

/**
 * Tells how far one event's projection is behind, from looks at how far Redis is: a domain event has waited since the first look
 * that saw it. So what waited before the first look counts from then, and what nobody looked at between two looks from the second.
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
