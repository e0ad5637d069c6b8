import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { changeState } from '../../../scripts/onsale/life/change-state.ts';
import { rebuildEvent } from '../../../scripts/onsale/rebuild-event.ts';
import { replayEvent } from '../../../scripts/onsale/replay-event.ts';
import { showText } from '../../../scripts/onsale/show-text.ts';
import { asOperator, testQueryApp } from '../../../scripts/testing/apps.ts';
import { app } from '../../../scripts/testing/purchase-app.ts';
import { cancel, hold, order, withKey } from '../../../scripts/testing/requests.ts';
import { seats } from '../../../scripts/testing/seats.ts';
import { openHall, project, rowSeats, sell, testSystem } from '../../../scripts/testing/sold-event.ts';
import { db, openTestEvent, planOf, redis, unique } from '../../../scripts/testing/stores.ts';
import { createOutbox } from '../../purchase/outbox/outbox.ts';
import { readEventState } from '../../shared/inventory/event-state.ts';
import type { Inventory } from '../../shared/inventory/inventory.ts';
import { activeEventsKey, inventoryKey, openedEventsKey } from '../../shared/inventory/keys.ts';
import { openEvent, planOpening } from '../../shared/inventory/open-event.ts';
import { removeInventory } from '../../shared/inventory/remove-event.ts';
import { saveDraft } from '../../shared/inventory/save-draft.ts';
import { setState } from '../../shared/inventory/set-state.ts';
import { archiveStep } from '../jobs/archive-step.ts';
import { JobRefused } from '../jobs/run-jobs.ts';
import { reportEvent } from '../reads/report-event.ts';
import { verifyEvent } from '../verify/verify-event.ts';
import { archiveEvent, archiveSteps } from './archive-event.ts';

const system = await testSystem();
const query = await testQueryApp({ db, redis });
const silence = () => {};
const waits = { patienceMs: 100, atMostMs: 200, lookMs: 10 };

const archive = ({ eventId }: Inventory) => archiveEvent(system, eventId, silence, { waits });
const close = ({ eventId }: Inventory) => changeState({ db, redis }, eventId, { state: 'closed' });
const keysOf = ({ eventId }: Inventory) => redis.keys(`*{${eventId}}*`);

/** An event whose sale is over: two orders, one ticket cancelled, a kept reply; all of it in MySQL. */
async function closedEvent() {
  const event = await openHall();
  const first = await sell(event, rowSeats('A', 1, 2), 'Ann');
  const { eventId } = event;
  expect((await app.inject(withKey(order(event, ['B1']), randomUUID()))).statusCode).toBe(201);
  await seats.cancelOrder({ eventId, orderId: first.orderId, ticketIds: [first.tickets[0]?.ticketId ?? ''] });
  await redis.zadd(activeEventsKey, Date.now(), eventId);
  await project(event);
  await close(event);
  return { event, first };
}

/** Nothing of the event is left in Redis, buyers get a 404, and its history can be read. */
async function expectArchived(event: Inventory, first: { tickets: { ticketId: string }[] }) {
  const { eventId } = event;
  expect(await keysOf(event)).toEqual([]);
  expect(await redis.sismember(openedEventsKey, eventId)).toBe(0);
  expect(await redis.zscore(activeEventsKey, eventId)).toBeNull();
  expect(await readEventState(db, eventId)).toBe('archived');
  for (const request of [
    order(event, ['C1']),
    hold(event, ['C1']),
    cancel({ eventId, orderId: first.tickets[0]?.ticketId ?? '' }),
  ]) {
    const answer = await app.inject(request);
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'EVENT_NOT_FOUND']);
  }
  expect(await keysOf(event)).toEqual([]);
  expect((await query.inject(`/query/api/v1/events/${eventId}/availability`)).statusCode).toBe(404);
  const list = await query.inject({ url: `/query/api/v1/tickets?eventId=${eventId}`, headers: asOperator });
  expect(list.json().map(({ status }: { status: string }) => status)).toEqual(['CANCELLED', 'PAID', 'PAID']);
  expect((await query.inject(`/query/api/v1/tickets/count/${eventId}`)).json()).toEqual({ eventId, count: 2 });
  expect(await verifyEvent(system, eventId, silence, waits)).toMatchObject({
    differences: [],
    tickets: 2,
    summary: expect.stringContaining('nothing missing, nothing twice; archived: only MySQL has it'),
  });
}

describe('archiving a closed event', () => {
  it('removes it from Redis, and keeps its history', async () => {
    const { event, first } = await closedEvent();
    const other = await openTestEvent();
    expect((await keysOf(event)).length).toBeGreaterThan(6);
    await archive(event);
    await expectArchived(event, first);
    expect((await keysOf(other)).length).toBeGreaterThan(0);
    const report = await reportEvent(db, redis, event.eventId);
    expect(report).toMatchObject({ state: 'archived', inventory: null, projection: { tickets: 2 } });
    expect(report && showText(report)).toContain('archived');
  });

  it.each(archiveSteps.map((_, at) => [at + 1, archiveSteps[at]?.name]))(
    'can be repeated after a crash behind step %i, %s',
    async (steps) => {
      const { event, first } = await closedEvent();
      for (const step of archiveSteps.slice(0, Number(steps)))
        await step({ system, eventId: event.eventId, say: silence, waits });
      const answer = await app.inject(cancel({ eventId: event.eventId, orderId: first.tickets[0]?.ticketId ?? '' }));
      expect([404, 503]).toContain(answer.statusCode);
      await archive(event);
      await expectArchived(event, first);
    },
  );

  it('is refused for an event that still sells, holds tickets, or was never opened', async () => {
    const event = await openTestEvent();
    const { eventId, venueId } = event;
    await expect(archive(event)).rejects.toThrow(`npm run onsale -- close ${eventId}`);
    await seats.hold({ eventId, venueId, request: rowSeats('A', 1, 2) });
    await close(event);
    await expect(archive(event)).rejects.toThrow('2 tickets are still held');
    await expect(archive({ ...event, eventId: unique('event') })).rejects.toThrow('was never opened');
    await redis.del(inventoryKey(eventId));
    await expect(archive(event)).rejects.toThrow(`npm run onsale -- rebuild ${eventId}`);
    expect(await readEventState(db, eventId)).toBe('closed');
  });

  it('is refused for a draft and for an event that Redis has lost, as a job too; an unknown event is a mistake', async () => {
    const eventId = unique('draft');
    const draft = { eventId, venueId: 'Venue', currency: 'USD', onSaleAtMs: 0, holdMs: 1_000 };
    await saveDraft(db, redis, planOf({ ...draft, zones: [{ zoneId: 1, capacity: 5, priceMinor: 100 }] }));
    const { event } = await closedEvent();
    await redis.del(inventoryKey(event.eventId));
    const job = (id: string) => ({ event_id: id, principal: 'Ann' }) as Parameters<typeof archiveStep>[1];
    for (const [id, why] of [
      [eventId, 'is a draft'],
      [event.eventId, `Redis has lost its inventory. First: npm run onsale -- rebuild ${event.eventId}`],
    ] as const) {
      const refused = archiveStep(system, job(id), waits);
      await expect(refused).rejects.toThrow(why);
      await expect(refused).rejects.toBeInstanceOf(JobRefused);
    }
    const unknown = archiveStep(system, job(unique('none')), waits);
    await expect(unknown).rejects.toThrow('was never opened');
    await expect(unknown).rejects.not.toBeInstanceOf(JobRefused);
  });

  it('is refused while MySQL lacks a sale, and loses none', async () => {
    const event = await openTestEvent();
    await sell(event, rowSeats('A', 1));
    await close(event);
    const before = await keysOf(event);
    await expect(archive(event)).rejects.toThrow(`Refused; ${event.eventId} was not archived`);
    expect(await keysOf(event)).toEqual(before);
    await project(event);
    await archive(event);
    expect(await keysOf(event)).toEqual([]);
  });

  it('does not happen if a ticket is cancelled after the proof, nor if Redis has forgotten that it was archived', async () => {
    const { event, first } = await closedEvent();
    const { eventId } = event;
    const { sequence } = await verifyEvent(system, eventId, silence, waits);
    await seats.cancelOrder({ eventId, orderId: first.orderId, ticketIds: [] });
    expect(await setState(redis, eventId, { state: 'archived', provenUpTo: sequence })).toMatchObject({ kind: 'busy' });
    await project(event);
    await archiveSteps[0]({ system, eventId, say: silence, waits });
    await redis.hset(inventoryKey(eventId), 'state', 'closed');
    expect(await removeInventory(redis, eventId)).toBe(false);
    await expect(archiveSteps[2]({ system, eventId, say: silence })).rejects.toThrow('run this again');
    await archive(event);
    expect(await keysOf(event)).toEqual([]);
  });
});

describe('an archived event', () => {
  it('cannot be opened, rebuilt, replayed or resumed, and Redis stays without it', async () => {
    const { event } = await closedEvent();
    const { eventId } = event;
    await archive(event);
    const refused = { kind: 'refused', reasons: [expect.stringContaining('is archived')] };
    expect(await planOpening(db, redis, planOf(event))).toEqual(refused);
    expect(await openEvent(db, redis, planOf(event))).toEqual(refused);
    await expect(rebuildEvent(system, eventId, silence)).rejects.toThrow('is archived');
    await expect(replayEvent(system, eventId, silence)).rejects.toThrow('is archived');
    await expect(changeState({ db, redis }, eventId, { state: 'published' })).rejects.toThrow('is archived');
    expect(await keysOf(event)).toEqual([]);
    expect(await redis.sismember(openedEventsKey, eventId)).toBe(0);
  });

  it('is not brought back by a relay that is woken late', async () => {
    const { event } = await closedEvent();
    await archive(event);
    const outbox = createOutbox(redis, unique('task'));
    expect(await outbox.readNew(event.eventId, 10)).toEqual({ ids: [], domainEvents: [] });
    expect(await outbox.survey(event.eventId)).toEqual({ isNew: false, isPending: false });
    expect(await keysOf(event)).toEqual([]);
  });

  it('is no such event, even if it was the only one that Redis knew', async () => {
    const { event } = await closedEvent();
    await archive(event);
    const others = await redis.smembers(openedEventsKey);
    await redis.del(openedEventsKey);
    const answer = await app.inject(order(event, ['C1']));
    if (others.length > 0) await redis.sadd(openedEventsKey, ...others);
    expect(answer.statusCode).toBe(404);
  });
});
