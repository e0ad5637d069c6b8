import { setTimeout as pause } from 'node:timers/promises';
import type { SeatMap } from '../../shared/inventory/read-seats.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { type Delta, deltaBetween } from './delta.ts';
import { snapshotOf } from './snapshot.ts';

/** A receiver of an event's messages. */
type Subscriber = {
  /** Sends a message (JSON). All subscribers share its bytes, so they must not be changed. */
  send(message: Buffer): void;
  /** True while so much is still unsent that more would only pile up. */
  isFull(): boolean;
};

export type Watcher = {
  /** False while the inventory cannot be read. */
  isAvailable(): boolean;
  /** Sends a snapshot, and every change from then on. */
  join(subscriber: Subscriber): Subscription;
  stop(): void;
};

type Subscription = {
  /** Sends another snapshot: immediately, or once enough time has passed since the last one. */
  askSnapshot(): void;
  leave(): void;
};

/** The pause between two looks, so that subscribers get at most ten messages a second. */
const pollMs = 100;
const snapshotPauseMs = 1_000;
/** How long a watcher runs on without subscribers, so that a reloaded page finds it running. */
const lingerMs = 1_000;

type Place = Subscriber & { wantsSnapshot: boolean; nextSnapshotMs: number };

const encode = (message: object) => Buffer.from(JSON.stringify(message));
const unavailable = encode({ type: 'unavailable' });

/**
 * Follows an event's seats, starting with `first`, for any number of subscribers. While `read` throws or returns undefined, the
 * inventory counts as unreadable. Once no subscribers are left, the watcher stops and calls `onIdle`.
 */
export function startWatcher(options: {
  eventId: string;
  first: SeatMap;
  read: () => Promise<SeatMap | undefined>;
  onIdle: () => void;
  logger: Logger;
}): Watcher {
  const { eventId, first, read, onIdle, logger } = options;
  const stopping = new AbortController();
  const places = new Set<Place>();
  let seats: SeatMap | undefined = first;
  let snapshot: Buffer | undefined;
  let emptySinceMs = performance.now();
  let running = false;
  start();

  return {
    isAvailable: () => seats !== undefined,
    join(subscriber) {
      const place = { ...subscriber, wantsSnapshot: true, nextSnapshotMs: 0 };
      places.add(place);
      start();
      if (seats) serve(place);
      else place.send(unavailable);
      return {
        askSnapshot() {
          place.wantsSnapshot = true;
          serve(place);
        },
        leave() {
          places.delete(place);
          emptySinceMs = performance.now();
        },
      };
    },
    stop: () => stopping.abort(),
  };

  function start(): void {
    if (running) return;
    running = true;
    void run();
  }

  async function run(): Promise<void> {
    const { signal } = stopping;
    const rest = () => pause(pollMs, undefined, { signal, ref: false }).catch(() => {});
    for (await rest(); !signal.aborted && !isIdle(); await rest()) tell(await look());
    running = false;
    onIdle();
  }

  function isIdle(): boolean {
    return places.size === 0 && performance.now() > emptySinceMs + lingerMs;
  }

  /** Reads the seats. Returns the news for subscribers, or undefined if nothing has changed. */
  async function look(): Promise<Delta | 'snapshot' | 'unavailable' | undefined> {
    const before = seats;
    try {
      seats = await read();
    } catch (error) {
      seats = undefined;
      if (before) logger.warn({ err: error, eventId }, 'the live seat map is interrupted');
    }
    if (seats !== before) snapshot = undefined;
    if (!seats) return before && 'unavailable';
    return before ? deltaBetween(before, seats) : 'snapshot';
  }

  function tell(news: Awaited<ReturnType<typeof look>>): void {
    const message = news === 'unavailable' ? unavailable : typeof news === 'object' ? encode(news) : undefined;
    for (const place of places) {
      if (typeof news === 'string') Object.assign(place, { wantsSnapshot: true, nextSnapshotMs: 0 });
      if (news === 'unavailable') place.send(unavailable);
      else serve(place, message);
    }
  }

  /** Sends a snapshot to a subscriber that needs one, or else `delta`. A full subscriber misses the delta and needs a snapshot. */
  function serve(place: Place, delta?: Buffer): void {
    if (delta && place.isFull()) place.wantsSnapshot = true;
    if (!place.wantsSnapshot) {
      if (delta) place.send(delta);
      return;
    }
    const nowMs = performance.now();
    if (!seats || place.isFull() || nowMs < place.nextSnapshotMs) return;
    snapshot ??= encode(snapshotOf(eventId, seats));
    place.send(snapshot);
    place.wantsSnapshot = false;
    place.nextSnapshotMs = nowMs + snapshotPauseMs;
  }
}
