import { expect, it } from 'vitest';
import { seedOfRun } from '../model/seed.ts';
import { runHistories } from './run-histories.ts';

/** ONSALE_HISTORIES sets how many; each half of them is run by a process of its own. */
const wanted = Number(process.env.ONSALE_HISTORIES ?? 100);
const longMs = 3_600_000;
/** So many histories get everywhere, if the saga can. */
const enough = 1_000;
const endings = [
  'paid',
  'cancelled, TOO_LATE',
  'cancelled, BUYER_CANCELLED',
  'failed, HOLD_EXPIRED',
  'failed, NOT_CAPTURED',
  'refund done',
  'refund external',
];

/** Defines the test of one half (0 or 1) of the random histories. */
export function modelTest(half: 0 | 1): void {
  it(
    'every payment ends in exactly one of order, void and refund, and seats and money agree, whatever fails',
    async () => {
      await using resources = new AsyncDisposableStack();
      const count = Math.ceil(wanted / 2);
      const { ran, found, seen } = await runHistories(resources, { seed: seedOfRun() + half * wanted, count });
      expect(found?.message).toBeUndefined();
      expect(ran).toBe(count);
      expect(seen.get('paid')).toBeGreaterThan(0);
      if (count >= enough) expect([...seen.keys()]).toEqual(expect.arrayContaining(endings));
    },
    longMs,
  );
}
