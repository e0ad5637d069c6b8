import { describe, expect, it } from 'vitest';
import { listEvents } from '../../services/catalogue/reads/list-events.ts';
import { reportEvent } from '../../services/catalogue/reads/report-event.ts';
import { verifyEvent } from '../../services/catalogue/verify/verify-event.ts';
import { eventExists } from '../../services/query/queries/sales.ts';
import { readEventState } from '../../services/shared/inventory/event-state.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { inventoryKey, openedEventsKey } from '../../services/shared/inventory/keys.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { readSales } from '../../services/shared/inventory/read-sales.ts';
import { asOperator, testQueryApp } from '../testing/apps.ts';
import { rowSeats, sell, testSystem } from '../testing/sold-event.ts';
import { db, newInventory, openTestEvent, planOf, redis } from '../testing/stores.ts';
import { draftByFile } from './draft-command.ts';
import { localOrganiser } from './local-organiser.ts';
import { rebuildEvent } from './rebuild-event.ts';
import { showText } from './show-text.ts';

const query = await testQueryApp({ db, redis });

async function draft(event: Inventory, options: { dryRun?: true; ifNew?: true } = {}): Promise<string> {
  const said: string[] = [];
  await draftByFile(localOrganiser({ db, redis }), planOf(event), options, (line) => said.push(line));
  return said.join('\n');
}

describe('a draft', () => {
  it('is in the catalogue, but neither in Redis nor visible to buyers, until it is opened', async () => {
    // A Redis without any event would rather say that it may have lost some.
    await openTestEvent();
    const event = newInventory();
    const { eventId } = event;
    expect(await draft(event, { dryRun: true })).toContain('nothing was changed');
    expect(await readEventState(db, eventId)).toBeUndefined();
    expect(await draft(event)).toContain('saved as a draft');
    expect(await readEventState(db, eventId)).toBe('draft');
    expect([await redis.exists(inventoryKey(eventId)), await redis.sismember(openedEventsKey, eventId)]).toEqual([0, 0]);
    for (const path of [
      `events/${eventId}`,
      `events/${eventId}/availability`,
      `tickets?eventId=${eventId}`,
      `tickets/count/${eventId}`,
    ]) {
      expect((await query.inject({ url: `/query/api/v1/${path}`, headers: asOperator })).statusCode, path).toBe(404);
    }
    expect([await eventExists(db, eventId), await readSales(db, eventId)]).toEqual([false, undefined]);
    expect((await listEvents(db, redis)).find((each) => each.eventId === eventId)).toMatchObject({
      state: 'draft',
      capacity: 100,
    });
    const report = await reportEvent(db, redis, eventId);
    expect(report && showText(report)).toMatch(/a draft: buyers do not see it; would open Thu 1 Jan 2026 00:00 UTC/);

    expect(await openEvent(db, redis, planOf(event))).toEqual({ kind: 'opened' });
    expect(await readEventState(db, eventId)).toBe('published');
    expect((await query.inject(`/query/api/v1/events/${eventId}`)).statusCode).toBe(200);
    expect(await sell(event, rowSeats('A', 1))).toMatchObject({ sequence: 1 });
  });

  it('can be changed as long as it is one', async () => {
    const event = newInventory();
    await draft(event);
    expect(await draft(event)).toContain('not changed');
    const changed = { ...event, holdMs: 60_000 };
    expect(await draft(changed, { ifNew: true })).toContain('already known');
    expect(await draft(changed)).toContain('holds last: 600 s → 60 s');
    await openEvent(db, redis, planOf(changed));
    await expect(draft(event)).rejects.toThrow('cannot become a draft again');
    expect(await draft(event, { ifNew: true })).toContain('already known');
    expect(await readEventState(db, event.eventId)).toBe('published');
  });

  it('never replaces an event that is opened at the same time', async () => {
    const event = newInventory();
    const [opened, drafted] = await Promise.allSettled([openEvent(db, redis, planOf(event)), draft(event)]);
    expect(opened).toMatchObject({ status: 'fulfilled', value: { kind: expect.stringMatching(/opened|unchanged/) } });
    expect(drafted.status).toMatch(/fulfilled|rejected/);
    expect(await readEventState(db, event.eventId)).toBe('published');
  });

  it('is nothing to rebuild or to worry about', async () => {
    const event = newInventory();
    await draft(event);
    const system = await testSystem();
    await expect(rebuildEvent(system, event.eventId, () => {})).rejects.toThrow('is a draft');
    const waits = { patienceMs: 0, atMostMs: 0, lookMs: 0 };
    const found = await verifyEvent(system, event.eventId, () => {}, waits);
    expect(found).toMatchObject({ differences: [], summary: expect.stringContaining('a draft') });
  });

  it('is not marked as opened when another event is rebuilt', async () => {
    const event = newInventory();
    await draft(event);
    const other = await openTestEvent();
    await redis.del(inventoryKey(other.eventId));
    const patience = { nothings: 1, looks: 2, pauseMs: 10 };
    await rebuildEvent(await testSystem(), other.eventId, () => {}, { patience });
    expect(await redis.sismember(openedEventsKey, event.eventId)).toBe(0);
  });
});
