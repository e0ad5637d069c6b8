import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { layCable, through } from '../../scripts/testing/cable.ts';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { buy, get, inParallel, post } from '../../scripts/testing/http.ts';
import { type LiveClient, type LiveMessage, type ShownZone, watchLive } from '../../scripts/testing/live-client.ts';
import { startTestService } from '../../scripts/testing/services.ts';
import { createMessaging, openTestEvent, redis, seatedZone } from '../../scripts/testing/stores.ts';
import type { Inventory } from '../shared/inventory/inventory.ts';
import { countsKey, inventoryKey, takenKey } from '../shared/inventory/keys.ts';
import { bytesPerRow, parseZone } from '../shared/inventory/zone-layout.ts';
import { rowLabel } from '../shared/terms/row-label.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = (condition: () => void) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

async function startSale() {
  const messaging = await createMessaging();
  const [purchase, query] = await Promise.all([
    startTestService('purchase', messaging, { resources }),
    startTestService('query', messaging, { resources }),
  ]);
  const standing = { zoneId: 4, capacity: 200, priceMinor: 100 };
  const event = await openTestEvent({ zones: [seatedZone(1, 20, 30), seatedZone(2, 20, 21), seatedZone(3, 10, 20), standing] });
  return { event, query: query.base, sell: () => sellThousand(purchase.base, event) };
}

/** Sells all 600 seats of zone 1, 320 of zone 2, 80 places in zone 4, and holds and releases seats of zone 3. */
async function sellThousand(base: string, { eventId, venueId }: Inventory): Promise<void> {
  const api = `${base}/purchase/api/v1`;
  const seats = Array.from({ length: 600 }, (_, at) => ({ row: rowLabel(Math.floor(at / 30) + 1), column: (at % 30) + 1 }));
  const chosen = seats.map((seat) => async () => (await buy(base, { venueId, eventId, ...seat })).status);
  const best = (zoneId: number) => async () =>
    (await post(`${api}/orders`, { eventId, zoneId, quantity: 4, split: true })).status;
  const heldAndReleased = async () => {
    const { body } = await post(`${api}/holds`, { eventId, zoneId: 3, quantity: 2 });
    return (await fetch(`${api}/holds/${body['holdId']}`, { method: 'DELETE' })).status;
  };
  const requests = [...chosen, ...Array(80).fill(best(2)), ...Array(20).fill(best(4)), ...Array(80).fill(heldAndReleased)];
  // Interleaves the kinds of requests.
  const mixed = requests.map((_, at) => requests[(at * 7) % requests.length] as () => Promise<number>);
  const statuses = await inParallel(mixed, 20, (request) => request());
  expect(new Set(statuses)).toEqual(new Set([201, 204]));
}

type Shown = { version: number | undefined; zones: ShownZone[] };

const shownBy = ({ version, zones }: Pick<LiveClient, 'version' | 'zones'>): Shown => ({
  version: version(),
  zones: [...zones.values()],
});

/** The map that a newly connected client shows. */
async function freshMap(base: string, { eventId }: Inventory): Promise<Shown> {
  const client = await watchLive(base, eventId);
  await waitFor(() => expect(client.seen.snapshot).toBe(1));
  client.close();
  return shownBy(client);
}

/** The map in Redis, decoded by the event's layout. */
async function mapInRedis({ eventId }: Inventory): Promise<Shown> {
  const fields = await redis.hgetall(inventoryKey(eventId));
  const counts = await redis.hgetall(countsKey(eventId));
  const count = (name: string) => Number(counts[name] ?? 0);
  const zones = [1, 2, 3, 4].map(async (zoneId) => {
    const { capacity, grid, firstByte } = parseZone(zoneId, fields);
    const [sold, held] = [count(`sold:${zoneId}`), count(`held:${zoneId}`)];
    const zone = { zoneId, capacity, available: capacity - sold - held, held, sold, blocked: 0 };
    if (!grid) return zone;
    const width = bytesPerRow(grid.columns);
    const taken = Buffer.alloc(grid.rows * width);
    (await redis.getrangeBuffer(takenKey(eventId), firstByte, firstByte + taken.length - 1)).copy(taken);
    return {
      ...zone,
      rows: grid.rows,
      columns: grid.columns,
      bytesPerRow: width,
      taken,
      blockedSeats: Buffer.alloc(taken.length),
    };
  });
  return { version: count('version'), zones: await Promise.all(zones) };
}

describe('a sale of 1,000 tickets', { timeout: 300_000 }, () => {
  it('is followed by 2,000 clients of one process: all end with the map that Redis has and a new client gets', async () => {
    const { event, query, sell } = await startSale();
    const clients = await inParallel(Array(2_000).fill(event.eventId), 50, (eventId) => watchLive(query, eventId));
    await sell();
    const truth = await mapInRedis(event);
    await waitFor(() => expect(clients.filter((client) => client.version() !== truth.version)).toHaveLength(0));
    expect(await freshMap(query, event)).toEqual(truth);
    const text = JSON.stringify(truth);
    expect(clients.filter((client) => JSON.stringify(shownBy(client)) !== text)).toHaveLength(0);
    expect(clients.filter(({ seen }) => seen.unavailable > 0 || seen.delta === 0)).toHaveLength(0);
    const { body } = await get(`${query}/query/api/v1/events/${event.eventId}/availability`);
    expect(body).toMatchObject({ sold: 1_000, held: 0 });
    await assertConserved(redis, event.eventId);
    for (const client of clients) client.close();
  });

  it('is followed by a client that is disconnected midway, reconnects, and ends with the same map', async () => {
    const { event, query, sell } = await startSale();
    const cable = await layCable(Number(new URL(query).port), resources);
    const cut = await watchLive(through(cable, query).replace(/\/$/, ''), event.eventId);
    const sale = sell();
    await waitFor(() => expect(cut.seen.delta).toBeGreaterThan(2));
    await cable.cut();
    await cut.closed;
    await cable.mend();
    const back = await watchLive(through(cable, query).replace(/\/$/, ''), event.eventId);
    await sale;
    const truth = await mapInRedis(event);
    await waitFor(() => expect(back.version()).toBe(truth.version));
    expect(shownBy(back)).toEqual(truth);
    expect(await freshMap(query, event)).toEqual(truth);
    expect(back.seen.delta).toBeGreaterThan(0);
  });

  it('is followed by a client that misses a message: it notices at the next, requests a snapshot, and ends with the same map', async () => {
    const { event, query, sell } = await startSale();
    let deltas = 0;
    const losing = await watchLive(query, event.eventId, ({ type }: LiveMessage) => type === 'delta' && ++deltas === 3);
    await sell();
    const truth = await mapInRedis(event);
    await waitFor(() => expect(losing.version()).toBe(truth.version));
    expect(shownBy(losing)).toEqual(truth);
    expect(losing.seen).toMatchObject({ asked: 1, snapshot: 2 });
  });
});
