import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { buy, inParallel, post } from '../../scripts/testing/http.ts';
import { redeliverUnacknowledged } from '../../scripts/testing/redeliver.ts';
import { startTestService } from '../../scripts/testing/services.ts';
import { createMessaging, db, depth, openTestEvent, redis, seatedZone, urls } from '../../scripts/testing/stores.ts';
import { layTripwire } from '../../scripts/testing/tripwire.ts';
import type { ServiceName } from '../shared/http/path-table.ts';
import { type Inventory, readInventory } from '../shared/inventory/inventory.ts';
import { outboxKey } from '../shared/inventory/keys.ts';

let resources: AsyncDisposableStack;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

async function salesOf(eventId: string) {
  const row = await db
    .selectFrom('sales_by_zone')
    .select(['tickets', 'revenue'])
    .where('event_id', '=', eventId)
    .executeTakeFirst();
  const rows = await db.selectFrom('tickets').select('ticket_id').where('event_id', '=', eventId).execute();
  return { counted: row?.tickets ?? 0, revenue: row?.revenue ?? '0', rows: rows.length };
}

/** Ten buyers buy a seat each. Returns the ids of the promised tickets; a request without a response promised nothing. */
async function tenBuyers(base: string, { venueId, eventId }: Inventory): Promise<string[]> {
  const columns = Array.from({ length: 10 }, (_, at) => at + 1);
  const answers = await inParallel(columns, 10, (column) => buy(base, { venueId, eventId, column }).catch(() => undefined));
  return answers.filter((answer) => answer?.status === 201).map((answer) => String(answer?.body.ticketId));
}

/** Makes what a dead relay has read look abandoned, as it does after 15 s: so that a test need not wait for that. */
async function abandonPending(eventId: string): Promise<void> {
  const key = outboxKey(eventId);
  const pending = (await redis.xpending(key, 'relay', '-', '+', 100)) as [id: string, consumer: string][];
  for (const [id, consumer] of pending) await redis.call('XCLAIM', key, 'relay', consumer, '0', id, 'IDLE', '60000', 'JUSTID');
}

type Messaging = Awaited<ReturnType<typeof createMessaging>>;
type Doom = Pick<Parameters<typeof layTripwire>[0], 'action' | 'when'>;

/** Starts a service that is killed before or after SNS or SQS handles the given action; `killed` resolves once it has exited. */
async function startDoomed(name: ServiceName, messaging: Messaging, doom: Doom) {
  const tripped = Promise.withResolvers<void>();
  const endpoint = await layTripwire({ ...doom, endpoint: urls.endpoint, resources, trip: tripped.resolve });
  const service = await startTestService(name, messaging, { resources, endpoint });
  const killed = tripped.promise.then(() => {
    service.kill('SIGKILL');
    return service.exited;
  });
  return { base: service.base, killed };
}

describe('killing (-9)', { timeout: 300_000 }, () => {
  it.each([
    ['between script and publish', 'before'],
    ['between publish and acknowledgement', 'after'],
  ] as const)('purchase %s loses and duplicates nothing', async (_where, when) => {
    const event = await openTestEvent();
    const messaging = await createMessaging();
    const first = await startDoomed('purchase', messaging, { action: 'Publish', when });
    const promised = await tenBuyers(first.base, event);
    await first.killed;
    expect(await salesOf(event.eventId)).toMatchObject({ counted: 0 });
    await abandonPending(event.eventId);

    await startTestService('persistence', messaging, { resources });
    await startTestService('purchase', messaging, { resources });
    const { sequence = 0 } = (await readInventory(redis, event.eventId)) ?? {};
    expect(sequence).toBeGreaterThanOrEqual(Math.max(1, promised.length));
    const revenue = `${sequence * 100}.0000`;
    await waitFor(async () => expect(await salesOf(event.eventId)).toEqual({ counted: sequence, revenue, rows: sequence }));
    await assertConserved(redis, event.eventId, db);
  });

  it('persistence between commit and acknowledgement loses and duplicates nothing', async () => {
    const event = await openTestEvent();
    const messaging = await createMessaging();
    const first = await startDoomed('persistence', messaging, { action: 'DeleteMessageBatch', when: 'before' });
    const purchase = await startTestService('purchase', messaging, { resources });
    const promised = await tenBuyers(purchase.base, event);
    expect(promised).toHaveLength(10);
    await first.killed;
    // Committed, but the queue redelivers it after its visibility timeout.
    expect((await salesOf(event.eventId)).counted).toBeGreaterThan(0);

    await startTestService('persistence', messaging, { resources });
    await waitFor(async () => {
      await redeliverUnacknowledged(messaging.queueUrl);
      expect(await depth(messaging.queueUrl)).toEqual([0, 0]);
    });
    expect(await salesOf(event.eventId)).toEqual({ counted: 10, revenue: '1000.0000', rows: 10 });
    await assertConserved(redis, event.eventId, db);
  });

  it('purchase while buyers hold seats leaks no seat: another task sells them once the holds expire', async () => {
    const event = await openTestEvent({ zones: [seatedZone(1, 1, 10)], holdMs: 1_000 });
    const messaging = await createMessaging();
    const wish = { eventId: event.eventId, zoneId: 1, quantity: 10 };
    const first = await startTestService('purchase', messaging, { resources });
    expect((await post(`${first.base}/purchase/api/v1/holds`, wish)).status).toBe(201);
    first.kill('SIGKILL');
    await first.exited;

    const second = await startTestService('purchase', messaging, { resources });
    await startTestService('persistence', messaging, { resources });
    await waitFor(async () => expect((await post(`${second.base}/purchase/api/v1/orders`, wish)).status).toBe(201));
    await waitFor(async () => expect((await salesOf(event.eventId)).counted).toBe(10));
    await assertConserved(redis, event.eventId, db);
  });
});
