import { setTimeout as pause } from 'node:timers/promises';
import { readOutbox } from '../../services/catalogue/verify/outbox.ts';
import { readEntry } from '../../services/shared/events/outbox-entry.ts';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { answers } from '../local/process.ts';
import { atMostEvery } from '../terminal/at-most-every.ts';
import type { ChaosSystem } from './system.ts';

const healthyMs = 120_000;
const holdsOverMs = 20_000;
/**
 * Longer than any recovery: SQS redelivers a dead worker's messages after 30 s, and another task takes over a dead task's outbox
 * entries after about 15 s.
 */
const projectedMs = 90_000;
/** A job whose task was killed is taken over after a while. */
const cancelledMs = 120_000;
const pollMs = 200;
const sayEveryMs = 5_000;

/** Resolves once every service is healthy; rejects if one does not recover by itself. */
export async function untilHealthy({ healthUrls }: ChaosSystem): Promise<void> {
  for (const url of healthUrls) {
    const isHealthy = await until(healthyMs, () => answers(url)().catch(() => false));
    if (!isHealthy) throw new Error(`${url} was not 200 within ${healthyMs / 1_000} s of the last fault: ${await textAt(url)}`);
  }
}

async function textAt(url: string): Promise<string> {
  const response = await fetch(url).catch((error: Error) => error);
  return response instanceof Error ? response.message : await response.text();
}

/**
 * Resolves once all holds have ended and everything sold since the emulator last lost its memory is in MySQL, which needs no
 * replay. Returns what did not settle, in words. Reports progress through `say`.
 */
export async function untilSettled(system: ChaosSystem, eventIds: string[], say: (line: string) => void): Promise<string[]> {
  const isDue = atMostEvery(sayEveryMs);
  const sayWaiting = (line: string) => {
    if (isDue()) say(`  ${line}`);
  };
  const faults: string[] = [];
  for (const eventId of eventIds) {
    const isOver = await until(holdsOverMs, async () => {
      const held = await heldIn(system, eventId);
      if (held > 0) sayWaiting(`${eventId}: places still held: ${held}`);
      return held === 0;
    });
    if (!isOver)
      faults.push(`${eventId}: ${await heldIn(system, eventId)} places are still held although their holds have expired`);
  }
  const sinceMs = system.emulatorUpSinceMs();
  const endMs = Date.now() + projectedMs;
  for (const eventId of eventIds) {
    let missing: number[] = [];
    const isProjected = await until(endMs - Date.now(), async () => {
      missing = await findMissing(system, eventId, sinceMs);
      if (missing.length > 0) sayWaiting(`${eventId}: domain events not yet in MySQL: ${missing.length}`);
      return missing.length === 0;
    });
    if (!isProjected)
      faults.push(`${eventId}: ${missing.length} domain events did not reach MySQL without a replay; the first is ${missing[0]}`);
  }
  return faults;
}

/** Resolves once every event that was to be cancelled is. Returns their ids; rejects if one is not cancelled in time. */
export async function untilCancelled({ db }: ChaosSystem, say: (line: string) => void): Promise<ReadonlySet<string>> {
  const read = () => db.selectFrom('event_jobs').select(['event_id', 'finished_on']).where('kind', '=', 'cancel').execute();
  const isOver = await until(cancelledMs, async () => (await read()).every(({ finished_on }) => finished_on !== null));
  const jobs = await read();
  if (!isOver) throw new Error(`Not cancelled: ${jobs.flatMap((job) => (job.finished_on ? [] : [job.event_id])).join()}`);
  say(`  ${jobs.length} events are cancelled, with all their orders`);
  return new Set(jobs.map(({ event_id }) => event_id));
}

async function heldIn({ redis }: ChaosSystem, eventId: string): Promise<number> {
  const { held = new Map<number, number>() } = (await readInventory(redis, eventId)) ?? {};
  return held.values().reduce((sum, count) => sum + count, 0);
}

/** Sequences of domain events in the outbox since `sinceMs` (Unix time) that MySQL has not applied. */
export async function findMissing({ db, redis }: ChaosSystem, eventId: string, sinceMs = 0): Promise<number[]> {
  const rows = await db.selectFrom('order_events').select('sequence').where('event_id', '=', eventId).execute();
  const applied = new Set(rows.map(({ sequence }) => sequence));
  const missing: number[] = [];
  for await (const entries of readOutbox(redis, eventId)) {
    for (const { sequence, timeMs } of entries.flatMap((entry) => readEntry(eventId, entry))) {
      if (timeMs >= sinceMs && !applied.has(sequence)) missing.push(sequence);
    }
  }
  return missing;
}

/** Whether the condition came true in time. */
export async function until(withinMs: number, condition: () => Promise<boolean>): Promise<boolean> {
  const endMs = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > endMs) return false;
    await pause(pollMs);
  }
  return true;
}
