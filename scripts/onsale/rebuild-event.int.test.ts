import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectEvents } from '../../services/persistence/projections/project.ts';
import { cancelOrder } from '../../services/purchase/seats/cancel-order.ts';
import { confirmHold } from '../../services/purchase/seats/holds.ts';
import type { Inventory } from '../../services/purchase/seats/inventory.ts';
import { holdSeats } from '../../services/purchase/seats/take-seats.ts';
import { baseOf } from '../../services/shared/epochs.ts';
import { outboxKey } from '../../services/shared/keys.ts';
import { openHall, project, seats, sell, soldEvent, startTestWorker, takeNew, testSystem } from '../testing/sold-event.ts';
import { db, redis, sqs, unique } from '../testing/stores.ts';
import { readCatalogue } from './catalogue.ts';
import { rebuildEvent } from './rebuild-event.ts';
import type { System } from './system.ts';
import { verifyEvent } from './verify/verify-event.ts';

let resources: AsyncDisposableStack;
let system: System;
beforeEach(async () => {
  resources = new AsyncDisposableStack();
  system = await testSystem();
});
afterEach(() => resources.disposeAsync());

const silence = () => {};
const noWaits = { patienceMs: 0, atMostMs: 0, lookMs: 0 };
const differencesOf = async ({ eventId }: Inventory) => (await verifyEvent(system, eventId, silence, noWaits)).differences;

/** Redis forgets all that it knows of an event. */
const forget = async ({ eventId }: Inventory) => {
  for (const key of await redis.keys(`*{${eventId}}*`)) await redis.del(key);
};

describe('a rebuild', () => {
  it('leaves nothing to be found wrong, twice too, and what is sold afterwards is numbered on', async () => {
    const { event } = await soldEvent();
    const before = (await readCatalogue(db, event.eventId))?.inventory;
    expect(before).toEqual(event);
    await forget(event);
    expect(await differencesOf(event)).toEqual([expect.stringContaining('onsale rebuild')]);
    const said: string[] = [];
    await rebuildEvent(system, event.eventId, (line) => said.push(line));
    expect(said).toEqual([
      `${event.eventId} is off sale`,
      '4 orders read',
      `${event.eventId} is rebuilt from 4 orders, and on sale again, in epoch 1`,
    ]);
    expect(await differencesOf(event)).toEqual([]);
    await expect(sell(event, seats('A', 1))).rejects.toThrow('SEAT_TAKEN');
    expect(await sell(event, seats('B', 1))).toMatchObject({ sequence: baseOf(1) + 1 });
    await project(event);
    await rebuildEvent(system, event.eventId, silence);
    expect(await sell(event, seats('B', 2))).toMatchObject({ sequence: baseOf(2) + 1 });
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
  });

  it('of an event that Redis has not lost brings what its outbox still holds to MySQL first, and gives up its holds', async () => {
    const event = await openHall();
    const { eventId, venueId } = event;
    await sell(event, seats('A', 1));
    // Taken by a task that died before it was published.
    await takeNew(event);
    await sell(event, seats('A', 2));
    const held = await holdSeats(redis, { eventId, venueId, wish: seats('A', 3) });
    startTestWorker(system, resources);
    await rebuildEvent(system, eventId, silence);
    await expect(sell(event, seats('A', 1))).rejects.toThrow('SEAT_TAKEN');
    await expect(sell(event, seats('A', 2))).rejects.toThrow('SEAT_TAKEN');
    if (held.kind !== 'held') expect.fail('not held');
    expect(await confirmHold(redis, { eventId, holdId: held.holdId })).toMatchObject({ code: 'HOLD_NOT_FOUND' });
    await sell(event, seats('A', 3));
    expect(await redis.xlen(outboxKey(eventId))).toBe(3);
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
  });

  it('that is broken off leaves the event off sale, and can be run again', async () => {
    const { event } = await soldEvent();
    const dies = (line: string) => {
      if (line.includes('orders read')) throw new Error('killed');
    };
    await expect(rebuildEvent(system, event.eventId, dies)).rejects.toThrow('killed');
    await expect(sell(event, seats('C', 1))).rejects.toThrow('has no inventory');
    await rebuildEvent(system, event.eventId, silence);
    await sell(event, seats('C', 1));
  });

  it('is refused, off sale, while a dead letter tells of the event, and where there never was such an event', async () => {
    const event = await openHall();
    await sell(event, seats('A', 1));
    const body = JSON.stringify(await takeNew(event));
    await sqs.send(new SendMessageCommand({ QueueUrl: system.messaging.deadLetterQueueUrl, MessageBody: body }));
    await forget(event);
    await expect(rebuildEvent(system, event.eventId, silence)).rejects.toThrow('1 dead letters tell of');
    await expect(sell(event, seats('C', 1))).rejects.toThrow('has no inventory');
    await expect(rebuildEvent(system, unique('event'), silence)).rejects.toThrow('was never opened');
  });
});

describe('a seat that was sold in two epochs', () => {
  it('stays with who came first; verify names both orders, until the other one is cancelled', async () => {
    const event = await openHall();
    const { eventId } = event;
    const first = await sell(event, seats('A', 1));
    // On its way for so long that the rebuild did not hear of it.
    const late = await takeNew(event);
    await forget(event);
    await rebuildEvent(system, eventId, silence);
    const second = await sell(event, seats('A', 1));
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
    await projectEvents(db, late);
    const found = (await differencesOf(event)).join('\n');
    expect(found).toMatch(new RegExp(`${second.orderId}.*${first.orderId}|${first.orderId}.*${second.orderId}`));

    // Redis thinks that it is the second one's, and hears otherwise.
    await rebuildEvent(system, eventId, silence);
    expect(await differencesOf(event)).toEqual([expect.stringContaining(second.orderId)]);
    expect(await cancelOrder(redis, { eventId, orderId: second.orderId, ticketIds: [] })).toMatchObject({ kind: 'cancelled' });
    await project(event);
    expect(await differencesOf(event)).toEqual([]);
    await expect(sell(event, seats('A', 1))).rejects.toThrow('SEAT_TAKEN');
    const rows = await db.selectFrom('tickets').select('status').where('event_id', '=', eventId).orderBy('sequence').execute();
    expect(rows.map(({ status }) => status)).toEqual(['PAID', 'CANCELLED']);
  });
});
