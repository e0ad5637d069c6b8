import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { assertConserved } from '../../../scripts/testing/conservation.ts';
import { purchaseOf, seats } from '../../../scripts/testing/seats.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { readInventory } from '../../shared/inventory/inventory.ts';
import { startSweeper } from './sweeper.ts';

const resources = new AsyncDisposableStack();
afterEach(() => resources.disposeAsync());

describe('the sweeper', () => {
  it('frees the seats of overdue holds in every event, even if nobody wants them, and leaves other holds alone', async () => {
    const events = [await openTestEvent({ holdMs: 100 }), await openTestEvent({ holdMs: 100 }), await openTestEvent()];
    for (const event of events) {
      for (let column = 1; column <= 10; column++) await seats.hold(purchaseOf(event, { column }));
    }
    const sweeper = startSweeper({ redis, seats, logger: silentLogger });
    resources.defer(() => sweeper.stop());
    const held = () => Promise.all(events.map(async ({ eventId }) => (await readInventory(redis, eventId))?.held.get(1)));
    await vi.waitFor(async () => expect(await held()).toEqual([0, 0, 10]), { timeout: 100_000, interval: 20 });
    for (const event of events) await assertConserved(redis, event.eventId);
    for (const event of events.slice(0, 2)) expect(await seats.sell(purchaseOf(event))).toMatchObject({ kind: 'sold' });
  });

  it('stops immediately', async () => {
    const sweeper = startSweeper({ redis, seats, logger: silentLogger });
    const first = await Promise.race([sweeper.stop().then(() => 'stopped'), pause(5_000, 'still at it', { ref: false })]);
    expect(first).toBe('stopped');
  });
});
