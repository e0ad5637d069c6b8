import { afterAll, describe, expect, it, vi } from 'vitest';
import type { LiveMessage } from '../../../scripts/testing/live-client.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import type { SeatMap } from '../../shared/inventory/read-seats.ts';
import { startWatcher, type Watcher } from './watch.ts';

const watchers: Watcher[] = [];
afterAll(() => {
  for (const watcher of watchers) watcher.stop();
});

const waitFor = (condition: () => void) => vi.waitFor(condition, { timeout: 4_500 });

/** An event with one zone without seats, with `sold` tickets sold. */
const state = (version: number, sold: number, capacity = 50): SeatMap => {
  const zone = { zoneId: 1, version, capacity, available: capacity - sold, held: 0, sold, blocked: 0 };
  return { version, revision: 'r', zones: new Map([[1, zone]]) };
};

/** A watcher of an event; the test sets the event's state, or the error from reading it. */
function watched(first: SeatMap) {
  const store: { now: SeatMap | Error; reads: number; idle: number } = { now: first, reads: 0, idle: 0 };
  const watcher = startWatcher({
    eventId: 'E',
    first,
    async read() {
      store.reads++;
      if (store.now instanceof Error) throw store.now;
      return store.now;
    },
    onIdle: () => void store.idle++,
    logger: silentLogger,
  });
  watchers.push(watcher);
  return { store, watcher };
}

/** A subscriber and the messages that it received, each in a word. */
function subscribe(watcher: Watcher) {
  const place = { sent: [] as string[], raw: [] as Buffer[], full: false };
  const subscription = watcher.join({
    send(message) {
      place.raw.push(message);
      place.sent.push(inAWord(JSON.parse(message.toString()) as LiveMessage));
    },
    isFull: () => place.full,
  });
  return { place, ...subscription };
}

function inAWord(message: LiveMessage): string {
  if (message.type === 'snapshot') return `snapshot ${message.version}: ${message.zones[0]?.sold}`;
  return message.type === 'delta' ? `${message.from}-${message.to}: ${message.zones[0]?.sold}` : message.type;
}

describe.concurrent('a watcher', () => {
  it('sends a snapshot immediately and then each change; all subscribers get the same bytes', async () => {
    const { store, watcher } = watched(state(1, 0));
    const [one, other] = [subscribe(watcher).place, subscribe(watcher).place];
    expect(one.sent).toEqual(['snapshot 1: 0']);
    store.now = state(2, 1);
    await waitFor(() => expect(one.sent).toEqual(['snapshot 1: 0', '1-2: 1']));
    expect(subscribe(watcher).place.sent).toEqual(['snapshot 2: 1']);
    expect(one.raw.every((message, at) => message === other.raw[at])).toBe(true);
  });

  it('sends nothing to a full subscriber, and a snapshot as soon as it has room', async () => {
    const { store, watcher } = watched(state(1, 0));
    const [slow, quick] = [subscribe(watcher).place, subscribe(watcher).place];
    slow.full = true;
    store.now = state(2, 1);
    await waitFor(() => expect(quick.sent).toContain('1-2: 1'));
    expect(slow.sent).toEqual(['snapshot 1: 0']);
    slow.full = false;
    await waitFor(() => expect(slow.sent).toEqual(['snapshot 1: 0', 'snapshot 2: 1']));
    store.now = state(3, 2);
    await waitFor(() => expect(slow.sent.at(-1)).toBe('2-3: 2'));
  });

  it('sends another snapshot on request, only one however often a subscriber asks', async () => {
    const { store, watcher } = watched(state(1, 0));
    const { place, askSnapshot } = subscribe(watcher);
    for (let times = 0; times < 50; times++) askSnapshot();
    await waitFor(() => expect(place.sent).toHaveLength(2));
    store.now = state(2, 1);
    await waitFor(() => expect(place.sent).toEqual(['snapshot 1: 0', 'snapshot 1: 0', '1-2: 1']));
  });

  it('sends everyone a snapshot when the zones have changed', async () => {
    const { store, watcher } = watched(state(1, 0));
    const { place } = subscribe(watcher);
    store.now = state(2, 0, 60);
    await waitFor(() => expect(place.sent).toEqual(['snapshot 1: 0', 'snapshot 2: 0']));
  });

  it('reports once that the inventory cannot be read, and later sends a snapshot even if its version went back', async () => {
    const { store, watcher } = watched(state(9, 4));
    const { place } = subscribe(watcher);
    const before = store.reads;
    store.now = new Error('away');
    await waitFor(() => expect(store.reads).toBeGreaterThan(before + 3));
    expect(place.sent).toEqual(['snapshot 9: 4', 'unavailable']);
    expect(watcher.isAvailable()).toBe(false);
    expect(subscribe(watcher).place.sent).toEqual(['unavailable']);
    store.now = state(2, 1);
    await waitFor(() => expect(place.sent).toEqual(['snapshot 9: 4', 'unavailable', 'snapshot 2: 1']));
    expect(watcher.isAvailable()).toBe(true);
  });

  it('stops reading after a while without subscribers, and resumes when one joins', async () => {
    const { store, watcher } = watched(state(1, 0));
    const { leave } = subscribe(watcher);
    await waitFor(() => expect(store.reads).toBeGreaterThan(0));
    expect(store.idle).toBe(0);
    leave();
    await waitFor(() => expect(store.idle).toBe(1));
    const { reads } = store;
    store.now = state(2, 1);
    const { place } = subscribe(watcher);
    await waitFor(() => expect(place.sent).toEqual(['snapshot 1: 0', '1-2: 1']));
    expect(store.reads).toBeGreaterThan(reads);
  });
});
