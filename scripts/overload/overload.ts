import { setTimeout as pause } from 'node:timers/promises';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { forgetPeaks, peakMemory } from '../bench/processes.ts';
import { planHall } from '../flash-sale/hall.ts';
import type { SystemUnderSale } from '../flash-sale/system.ts';
import { runLoad } from '../load/run-load.ts';
import { connectStores } from '../local/connect.ts';
import type { Crowd } from './crowds.ts';
import type { FloodResult } from './flood.ts';
import { runFlood } from './run-flood.ts';

/** The measurements of an overload. */
export type Overload = {
  peakPerSecond: number;
  flood: FloodResult;
  /** Peak resident memory of purchase: before, during and after the flood; undefined without /proc. */
  rssBytes: { before: number | undefined; peak: number | undefined; after: number | undefined };
  /** Health checks of purchase during the flood: how many, how many returned 200, and the slowest. */
  health: { asked: number; healthy: number; slowestMs: number };
  /** From the last arrival to the first purchase that is answered within 100 ms. */
  recoveredMs: number;
  /** Tickets sold in Redis; `promised` are those of the 201s. */
  sold: number;
  promised: number;
};

const peakOrders = 30_000;
const peakConnections = 500;
const floodSeconds = 10;
/** More than the requests that can be queued, be at Redis and be being refused at the same time. */
const floodConnections = 8_000;
const probes = 1_000;
const soonMs = 100;
const healthEveryMs = 250;

/** Measures a system's peak rate for a crowd's orders, sends twice as many, and observes the result. */
export async function overload(
  system: SystemUnderSale,
  crowd: Crowd,
  resources: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<Overload> {
  const { db, redis } = await connectStores(system.stores, resources);
  const openHall = async (buyers: number) => {
    const plan = planHall(`Overload-${buyers}-${Date.now()}`, buyers * crowd.seatsForEach);
    const opened = await openEvent(db, redis, plan);
    if (opened.kind !== 'opened') throw new Error(`opening the hall returned "${opened.kind}", not "opened"`);
    const { path, bodies } = crowd.requests(plan.inventory, buyers);
    return { eventId: plan.inventory.eventId, url: system.purchaseUrl + path, bodies };
  };
  const sellPeak = async () => {
    const { url, bodies } = await openHall(peakOrders);
    const { accepted, elapsedMs } = await runLoad({ url, bodies, connections: peakConnections });
    return (accepted * 1_000) / elapsedMs;
  };

  say('Rehearsing to warm up the services …');
  await sellPeak();
  say('Measuring the peak …');
  const peakPerSecond = await sellPeak();
  await untilAtRest(system);

  const ratePerSecond = Math.round(2 * peakPerSecond);
  const hall = await openHall(floodConnections + ratePerSecond * floodSeconds + probes);
  const bodies = hall.bodies.slice(probes);
  const rssBefore = await rssPeakSince();
  say(`Sending ${ratePerSecond.toLocaleString('en-US')} orders per second for ${floodSeconds} s …`);
  const recovering = Promise.withResolvers<Recovery>();
  const flooding = { url: hall.url, bodies, connections: floodConnections, ratePerSecond };
  const isOver = new AbortController();
  const watching = watchHealth(`${system.purchaseUrl}/purchase/health`, isOver.signal);
  const onOver = () => {
    isOver.abort();
    recovering.resolve(untilSoon(hall.url, hall.bodies.slice(0, probes)));
  };
  const flood = await runFlood(flooding, onOver, resources);
  const health = await watching;
  const { recoveredMs, accepted } = await recovering.promise;
  const rssPeak = await rssPeakSince();
  say('Waiting for MySQL to catch up …');
  await untilAtRest(system);
  const rssAfter = await rssPeakSince();
  const sold = (await readInventory(redis, hall.eventId))?.sold.values().reduce((sum, count) => sum + count, 0) ?? 0;
  const rssBytes = { before: rssBefore, peak: rssPeak, after: rssAfter };
  return { peakPerSecond, flood, rssBytes, health, recoveredMs, sold, promised: (flood.accepted + accepted) * crowd.seatsEach };
}

/** Purchase's peak resident memory since the last call, or since its start. Resets the peak. */
async function rssPeakSince(): Promise<number | undefined> {
  const peak = (await peakMemory())['purchase'];
  await forgetPeaks();
  return peak;
}

/** Checks purchase's health as a load balancer does, but more often, until `signal` is aborted. */
async function watchHealth(url: string, signal: AbortSignal): Promise<Overload['health']> {
  const health = { asked: 0, healthy: 0, slowestMs: 0 };
  while (!signal.aborted) {
    const askedAt = performance.now();
    const answer = await fetch(url);
    await answer.text();
    health.asked++;
    if (answer.ok) health.healthy++;
    health.slowestMs = Math.max(health.slowestMs, performance.now() - askedAt);
    await pause(healthEveryMs, undefined, { signal }).catch(() => {});
  }
  return health;
}

type Recovery = { recoveredMs: number; accepted: number };

/** Sends one order after another until one is accepted within `soonMs`. */
async function untilSoon(url: string, bodies: string[]): Promise<Recovery> {
  const startedAt = performance.now();
  let accepted = 0;
  for (const body of bodies) {
    const sentAt = performance.now();
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    await answer.text();
    const answeredAt = performance.now();
    if (answer.status === 201) accepted++;
    if (answer.status === 201 && answeredAt - sentAt <= soonMs) return { recoveredMs: answeredAt - startedAt, accepted };
  }
  return { recoveredMs: Number.POSITIVE_INFINITY, accepted };
}

/** Waits until outbox and queue are empty, according to the services' health. */
async function untilAtRest(system: { purchaseUrl: string; persistenceUrl: string }): Promise<void> {
  type Health = { backlog?: { outbox?: { events: number }; queue?: { messages: number; inFlight: number } } };
  const backlogOf = async (url: string) => ((await (await fetch(url)).json()) as Health).backlog;
  for (;;) {
    const outbox = (await backlogOf(`${system.purchaseUrl}/purchase/health`))?.outbox;
    const queue = (await backlogOf(`${system.persistenceUrl}/events/health`))?.queue;
    if (outbox?.events === 0 && queue?.messages === 0 && queue.inFlight === 0) return;
    await pause(500);
  }
}
