import { describe, expect, it } from 'vitest';
import { verifyEvent } from '../../../services/catalogue/verify/verify-event.ts';
import { readEventState, writeEventState } from '../../../services/shared/inventory/event-state.ts';
import { inventoryKey } from '../../../services/shared/inventory/keys.ts';
import { readSaleState } from '../../../services/shared/inventory/set-state.ts';
import { testSystem } from '../../testing/sold-event.ts';
import { db, openTestEvent, redis, unique } from '../../testing/stores.ts';
import { changeState } from './change-state.ts';

const stores = { db, redis };
const paused = { state: 'paused', confirmWhilePaused: true } as const;

const statesOf = async (eventId: string) => [await readSaleState(redis, eventId), await readEventState(db, eventId)];

describe('pausing, resuming and closing an event', () => {
  it('changes both stores, and says what it means for buyers', async () => {
    const { eventId } = await openTestEvent();
    expect(await statesOf(eventId)).toEqual(['published', 'published']);
    const pausing = changeState(stores, eventId, { ...paused, confirmWhilePaused: false });
    expect(await pausing).toContain('is now paused: nothing new is sold or held, not even holds can be confirmed');
    expect(await changeState(stores, eventId, paused)).toContain(
      'is now paused: nothing new is sold or held, holds can be confirmed',
    );
    expect(await changeState(stores, eventId, paused)).toContain('was already paused');
    expect(await statesOf(eventId)).toEqual(['paused', 'paused']);
    expect(await changeState(stores, eventId, { state: 'published' })).toContain('is now on sale as its times say');
    expect(await statesOf(eventId)).toEqual(['published', 'published']);
    expect(await changeState(stores, eventId, { state: 'closed' })).toContain('is now closed');
    expect(await statesOf(eventId)).toEqual(['closed', 'closed']);
    await expect(changeState(stores, eventId, { state: 'published' })).rejects.toThrow(`${eventId} is closed, which is for good`);
    expect(await statesOf(eventId)).toEqual(['closed', 'closed']);
  });

  it('repairs MySQL after a crash between the stores, which verify finds', async () => {
    const { eventId } = await openTestEvent();
    await changeState(stores, eventId, paused);
    await writeEventState(db, eventId, 'published');
    const waits = { patienceMs: 0, atMostMs: 0, lookMs: 0 };
    const verify = async () => (await verifyEvent(await testSystem(), eventId, () => {}, waits)).differences;
    expect(await verify()).toEqual([
      `the event is paused in Redis, which decides, but published in MySQL; to repair: npm run onsale -- pause ${eventId}`,
    ]);
    expect(await changeState(stores, eventId, paused)).toContain('was already paused');
    expect(await verify()).toEqual([]);
  });

  it('is refused for an event that Redis does not have, with what to do about it', async () => {
    const { eventId } = await openTestEvent();
    await redis.del(inventoryKey(eventId));
    await expect(changeState(stores, eventId, paused)).rejects.toThrow(`npm run onsale -- rebuild ${eventId}`);
    await writeEventState(db, eventId, 'draft');
    await expect(changeState(stores, eventId, paused)).rejects.toThrow('is a draft');
    await writeEventState(db, eventId, 'archived');
    await expect(changeState(stores, eventId, paused)).rejects.toThrow('is archived');
    await expect(changeState(stores, unique('event'), paused)).rejects.toThrow('was never opened');
  });
});
