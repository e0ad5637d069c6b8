import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { testPurchaseApp } from '../../../scripts/testing/apps.ts';
import { openTestEvent, redis } from '../../../scripts/testing/stores.ts';
import { createSeats } from '../seats/create-seats.ts';

/** An app with a log level, and the lines that it logs. */
async function logged(level: string) {
  const lines: { msg: string; code?: string }[] = [];
  const stream = new Writable({
    write(line, _encoding, done) {
      lines.push(JSON.parse(String(line)));
      done();
    },
  });
  const logger = pino({ level }, stream);
  return { lines, app: await testPurchaseApp({ seats: createSeats({ redis }), logger }) };
}

it.each([
  // One line a second, however long the flood takes here.
  { level: 'info', sold: 0, least: 1, most: 30 },
  { level: 'debug', sold: 1, least: 500, most: 500 },
])(
  'at the level $level, a sale logs $sold lines, and a flood of 500 refusals at most $most',
  async ({ level, sold, least, most }) => {
    const { eventId, venueId } = await openTestEvent();
    const { lines, app } = await logged(level);
    const buy = () => {
      const payload = { venueId, eventId, zoneId: 1, row: 'A', column: 1 };
      return app.inject({ method: 'POST', url: '/purchase/api/v1/tickets', payload });
    };
    expect((await buy()).statusCode).toBe(201);
    const flood = await Promise.all(Array.from({ length: 500 }, buy));
    expect(flood.every(({ statusCode }) => statusCode === 409)).toBe(true);
    await app.close();
    expect(lines.filter(({ msg }) => msg === 'sold')).toHaveLength(sold);
    const refused = lines.filter(({ msg, code }) => msg === 'refused' && code === 'SEAT_TAKEN');
    expect(refused.length).toBeGreaterThanOrEqual(least);
    expect(refused.length).toBeLessThanOrEqual(most);
  },
);
