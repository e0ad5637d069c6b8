import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type EventPlan, parseEventFile } from './event-file.ts';
import { renderEventFile } from './render-event-file.ts';

const nowMs = Date.UTC(2026, 10, 1);
const demo = join(import.meta.dirname, '../../../../scripts/demo');
const files = globSync('*.json', { cwd: demo }).filter((name) => name !== 'event.schema.json');

/** The plan without the file that it was read from. */
const meaningOf = ({ document: _document, offsetMinutes: _offset, ...plan }: EventPlan) => plan;

const again = (plan: EventPlan) => parseEventFile(JSON.stringify(renderEventFile(meaningOf(plan))), nowMs);

describe('an event file written from a plan', () => {
  it.each(files)('means the same as the file that the plan was read from: %s', (name) => {
    const text = readFileSync(join(demo, name), 'utf8');
    const plan = parseEventFile(text, nowMs);
    expect(meaningOf(again(plan))).toEqual(meaningOf(plan));
    expect(JSON.stringify(renderEventFile(meaningOf(plan))).length).toBeLessThan(3 * text.length + 500);
  });

  it('keeps everything that a file can say', () => {
    const plan = parseEventFile(
      JSON.stringify({
        venue: { venueId: 'Opera', name: 'The opera', timeZone: 'Europe/Vienna' },
        event: {
          eventId: 'E',
          name: 'Così fan tutte',
          onSaleAt: '2026-05-01T10:00:00.125',
          offSaleAt: '2026-12-01T18:00',
          startsAt: '2026-12-01T19:30',
          currency: 'EUR',
          holdSeconds: 90,
          ticketsPerBuyer: 6,
          ticketsPerOrder: 4,
        },
        ticketTypes: [{ ticketTypeId: 'adult' }, { ticketTypeId: 'child', name: 'Child', limit: 200 }],
        categories: [
          { categoryId: 'A', price: [{ price: '50' }, { from: '2026-11-01T00:00', price: '60' }] },
          { categoryId: 'B', name: 'Balcony', prices: { adult: '30', child: '15' } },
          { categoryId: 'C', price: '1' },
        ],
        promotions: [
          { code: 'early', percent: 20, orders: 50, ticketsPerBuyer: 2, from: '2026-05-01T10:00', until: '2026-06-01T00:00' },
          { first: 500, amount: '2.50', categories: ['A'], ticketTypes: ['adult'] },
          { code: 'TEN', price: '10', tickets: 7 },
        ],
        zones: [
          {
            zoneId: 1,
            name: 'Parkett',
            category: 'A',
            focus: { row: 'Loge 3', seat: '12A' },
            rows: [
              { row: '1', seats: '21-1/2 _ 2-22/2', blocked: '1 3', wheelchair: '21', companion: '19', restrictedView: '22' },
              { row: '2', seats: '1-4', categories: { B: '1-2' }, x: 3, y: 1.5, angle: 10 },
              { row: 'Loge 3', seats: [{ seat: '12A', x: 1, y: 2 }, null, 'ä b'] },
              { row: 'Tisch 5', seats: '1-8', table: true, x: 4, y: 7, category: 'C' },
              { rows: '6-9', seats: '1-5 _ _', angle: 3 },
            ],
          },
          { zoneId: 2, rows: 3, columns: 5, price: '9.05', focus: { row: 'B', column: 1.5 }, blocked: { C: '1-5', A: '2 4' } },
          { zoneId: 3, capacity: 40, category: 'B' },
          { zoneId: 4, throughZoneId: 900, capacity: 40, price: '0' },
          { zoneId: 901, align: 'left', price: '1', rows: [{ rows: 'A-C', seats: '1-3 _2' }] },
        ],
      }),
      nowMs,
    );
    expect(meaningOf(again(plan))).toEqual(meaningOf(plan));
    expect(renderEventFile(meaningOf(plan)).zones).toHaveLength(5);
  });
});
