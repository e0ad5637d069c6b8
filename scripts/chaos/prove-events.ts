import { verifyEvent } from '../../services/catalogue/verify/verify-event.ts';
import { replayEvent } from '../onsale/replay-event.ts';
import { inParallel } from '../testing/http.ts';
import { findMissing } from './settle.ts';
import type { ChaosSystem } from './system.ts';

/** The results of `replay` and `verify` for each event. */
export type Proof = {
  /** How many domain events were lost with the emulator, and replayed. */
  replayed: number;
  events: { eventId: string; summary: string; differences: string[] }[];
};

/** Several in parallel, because each mostly waits for domain events in flight. */
const atOnce = 3;

/** Replays each event, and then compares Redis with MySQL. */
export async function proveEvents(system: ChaosSystem, eventIds: string[]): Promise<Proof> {
  let replayed = 0;
  const events = await inParallel(eventIds, atOnce, async (eventId) => {
    replayed += (await findMissing(system, eventId)).length;
    await replayEvent(system, eventId, () => {});
    const { differences, inFlight, summary } = await verifyEvent(system, eventId);
    const waiting = inFlight > 0 ? [`${inFlight} domain events are still on their way`] : [];
    return { eventId, summary, differences: [...differences, ...waiting] };
  });
  return { replayed, events };
}

export const isProven = ({ events }: Proof) => events.every(({ differences }) => differences.length === 0);
