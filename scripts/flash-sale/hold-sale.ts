import { setTimeout as pause } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Inventory, readInventory } from '../../services/shared/inventory/inventory.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import type { LoadResult, Progress } from '../load/generator.ts';
import { runLoad } from '../load/run-load.ts';
import { connectStores } from '../local/connect.ts';
import { emulatorEnvironment } from '../local/emulator.ts';
import { type Crowd, requestsOf } from './crowd.ts';
import { planHall, type Seat, seatsOf } from './hall.ts';
import { createRate } from './rate.ts';
import type { SystemUnderSale } from './system.ts';
import { type Sample, watchProgress } from './watch-progress.ts';

/** With `tokens`, buyers are signed in with these access tokens, and the event sells to nobody else. */
export type SaleOptions = Crowd & { seats: number; connections: number; tokens?: string[] };

/** The state of a sale in progress, `atMs` after its first request. */
export type Live = {
  eventId: string;
  atMs: number;
  sold: number;
  refused: number;
  failed: number;
  /** Requests answered per second, over the last two seconds. */
  perSecond: number;
  /** The latency of all requests so far. */
  latency: Progress['latency'];
  sample: Sample | undefined;
};

export type Onlooker = {
  /** Called when the event is open. The crowd starts once this resolves. */
  onOpened?: (eventId: string) => Promise<void>;
  onLive?: (live: Live) => void;
  /** Interrupts the sale. */
  signal?: AbortSignal;
};

/** A finished sale with everything that was observed of it. */
export type Sale = {
  options: SaleOptions;
  inventory: Inventory;
  seats: Seat[];
  load: LoadResult;
  progress: Progress[];
  /** `at` in milliseconds since the first request. */
  samples: Sample[];
  /** When the last ticket became queryable, in ms since the first request; undefined if it never did. */
  queryableMs: number | undefined;
};

/** How long to wait for the projection without progress. */
const stalledMs = 30_000;
/** How long to wait, once all tickets are projected, for outbox and queue to empty. */
const emptyMs = 2_000;
const lookMs = 20;

/**
 * Opens a new event and lets the crowd in. Resolves when every buyer has an answer and every ticket is queryable, or when the
 * projection has stalled.
 */
export async function holdSale(
  system: SystemUnderSale,
  options: SaleOptions,
  { onOpened = async () => {}, onLive = () => {}, signal }: Onlooker = {},
): Promise<Sale> {
  await using resources = new AsyncDisposableStack();
  const { db, redis } = await connectStores(system.stores, resources);
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = emulatorEnvironment(system.queue.endpoint);
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  const sqs = new SQSClient({ endpoint: system.queue.endpoint, region, credentials });
  resources.defer(() => sqs.destroy());

  const eventId = `FlashSale-${new Date().toISOString().replace(/[-:Z]/g, '').replace(/[T.]/g, '-')}`;
  const { connections, tokens } = options;
  const plan = planHall(eventId, options.seats);
  const inventory = { ...plan.inventory, ...(tokens && { buyers: 'signed-in' as const }) };
  const opened = await openEvent(db, redis, { ...plan, inventory });
  if (opened.kind !== 'opened') throw new Error(`opening ${eventId} returned "${opened.kind}", not "opened"`);
  const { path, bodies } = requestsOf(inventory, options);

  await onOpened(eventId);
  const live: Live = { eventId, atMs: 0, sold: 0, refused: 0, failed: 0, perSecond: 0, latency: noLatency, sample: undefined };
  onLive(live);
  const samples: Sample[] = [];
  const progress: Progress[] = [];
  const watching = new AbortController();
  const onSample = (sample: Sample) => {
    samples.push(sample);
    onLive(Object.assign(live, { sample }));
  };
  const watched = watchProgress(
    { redis, sqs, queueUrl: system.queue.url, queryUrl: system.queryUrl, eventId },
    onSample,
    watching.signal,
  );
  resources.defer(async () => {
    watching.abort();
    await watched;
  });

  const rate = createRate();
  const onProgress = (interval: Progress) => {
    const { atMs, accepted, refused, failed, latencySoFar: latency } = interval;
    rate.add(atMs, accepted + refused + failed);
    live.perSecond = rate.perSecond();
    live.sold += accepted;
    live.refused += refused;
    live.failed += failed;
    progress.push(interval);
    onLive(Object.assign(live, { atMs, latency }));
  };
  const headers = tokens && bodies.map((_, at) => `authorization: Bearer ${tokens[at % tokens.length]}\r\n`);
  const crowd = { url: system.purchaseUrl + path, bodies, connections, ...(headers && { headers }) };
  const load = await runLoad(crowd, onProgress, signal);
  // Each buyer takes one ticket.
  const promised = load.accepted;
  const soldInRedis = (await readInventory(redis, eventId))?.sold.values().reduce((sum, count) => sum + count, 0);
  await untilAtRest(() => samples.at(-1), Math.max(promised, soldInRedis ?? 0));

  const sinceStart = samples.map((sample) => ({ ...sample, at: sample.at - load.startedAtMs })).filter(({ at }) => at >= 0);
  const queryableMs = sinceStart.find(({ projected }) => projected >= promised)?.at;
  return { options, inventory, seats: seatsOf(inventory.zones), load, progress, samples: sinceStart, queryableMs };
}

const noLatency = { p50: 0, p95: 0, p99: 0, max: 0 };

/** Waits until `expected` tickets are projected and outbox and queue are empty, or until progress stops. */
async function untilAtRest(latest: () => Sample | undefined, expected: number): Promise<void> {
  let projected = -1;
  let changedAt = Date.now();
  for (;;) {
    const sample = latest();
    if (sample && sample.projected !== projected) {
      projected = sample.projected;
      changedAt = Date.now();
    }
    const isThere = projected >= expected;
    if (isThere && sample?.unpublished === 0 && sample.queued === 0) return;
    if (Date.now() - changedAt > (isThere ? emptyMs : stalledMs)) return;
    await pause(lookMs);
  }
}
