import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEventFile, WrittenEventFile } from './event-file.ts';

const valid = {
  venue: { venueId: 'V', name: 'A venue' },
  event: { eventId: 'E', name: 'An event', onSaleAt: '2026-05-01T10:00:00+02:00', currency: 'EUR' },
  zones: [
    { zoneId: 1, throughZoneId: 3, rows: 2, columns: 5, price: '12.50' },
    { zoneId: 9, name: 'Standing', capacity: 40, price: '8' },
  ],
};

const nowMs = Date.UTC(2026, 5, 1);

const parse = (changes: object) => () => parseEventFile(JSON.stringify({ ...valid, ...changes }), nowMs);

it('has the JSON Schema committed in scripts/demo/event.schema.json (to change it: npm run event-schema)', async () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'An event that Onsale sells',
    ...WrittenEventFile,
  };
  const file = '../../../../scripts/demo/event.schema.json';
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
});

describe('an event file', () => {
  it('describes a venue, its zones and an event', () => {
    const plan = parseEventFile(JSON.stringify(valid));
    const seated = { grid: { rows: 2, columns: 5, focus: { row: 1, column: 3 } }, capacity: 10, priceMinor: 1_250 };
    expect(plan.inventory).toEqual({
      eventId: 'E',
      venueId: 'V',
      currency: 'EUR',
      onSaleAtMs: Date.UTC(2026, 4, 1, 8),
      holdMs: 600_000,
      zones: [...[1, 2, 3].map((zoneId) => ({ zoneId, ...seated })), { zoneId: 9, capacity: 40, priceMinor: 800 }],
    });
    expect(plan.offsetMinutes).toBe(120);
    expect([...plan.zoneNames.values()]).toEqual(['Zone 1', 'Zone 2', 'Zone 3', 'Standing']);
  });

  it('may set where the best seats are, how long a hold lasts, and how many tickets a buyer may have', () => {
    const zones = [
      { zoneId: 1, rows: 3, columns: 4, price: '1' },
      { zoneId: 2, rows: 3, columns: 4, focus: { row: 'b', column: 3.5 }, price: '1' },
    ];
    const event = { ...valid.event, holdSeconds: 90, ticketsPerBuyer: 6 };
    const { inventory } = parseEventFile(JSON.stringify({ ...valid, event, zones }));
    expect(inventory).toMatchObject({ holdMs: 90_000, ticketsPerBuyer: 6 });
    expect(inventory.zones.map(({ grid }) => grid?.focus)).toEqual([
      { row: 1, column: 2.5 },
      { row: 2, column: 3.5 },
    ]);
  });

  it('may name its JSON Schema, which changes nothing', () => {
    expect(parse({ $schema: './event.schema.json' })()).toEqual(parse({})());
    expect(parse({ $schema: 1 })).toThrow('/$schema must be a string');
  });

  it('is rejected with all of its faults, each with its place in the file', () => {
    const zones = [
      { zoneId: 1, rows: 2, price: '1' },
      { zoneId: 2, rows: 2, columns: 2, capacity: 4, price: '1' },
      { zoneId: 4, throughZoneId: 3, capacity: 1, price: '1.005' },
      { zoneId: 5, capacity: 1, price: '1' },
      { zoneId: 5, capacity: 1, price: '1' },
    ];
    const message = messageOf(parse({ zones, event: { ...valid.event, onSaleAt: '2026-05-01' } }));
    expect(message).toContain('/event/onSaleAt must be a date and time with its UTC offset');
    expect(message).toContain('/zones/0 needs either rows and columns, or a capacity, and not both');
    expect(message).toContain('/zones/1 needs either rows and columns, or a capacity, and not both');
    expect(message).toContain('/zones/2/throughZoneId must not be less than zoneId, which is 4');
    expect(message).toContain('/zones/2/price "1.005" has more than 2 decimals');
    expect(message).toContain('/zones/4 describes zone 5 a second time; each zone may appear once');
  });

  it('reports faults of every kind together, in plain words instead of regular expressions', () => {
    const zones = [
      { zoneId: 1, capacity: 1, price: '1', colour: 'red' },
      { zoneId: 2, rows: 2, price: '1.005' },
      { zoneId: 'x' },
    ];
    const event = { ...valid.event, eventId: 'a b', onSaleAt: '2027-02-30T10:00:00Z', currency: 'ABC' };
    const message = messageOf(parse({ venue: { venueId: 'V' }, event, zones }));
    expect(message.split('\n').slice(1).toSorted()).toEqual([
      '  /event/currency must be an ISO 4217 currency, such as USD; ABC is not one',
      '  /event/eventId must be 1 to 64 letters (A-Z, a-z), digits, dots, dashes or underscores, beginning with a letter or a digit',
      '  /event/onSaleAt has day 30, but 2027-02 has 28 days',
      '  /venue/name is missing',
      '  /zones/0/colour is not a known field',
      '  /zones/1 needs either rows and columns, or a capacity, and not both',
      '  /zones/2/price is missing',
      '  /zones/2/zoneId must be an integer',
    ]);
  });

  it('with very many faults lists the first fifty, and how many more there are', () => {
    const zones = Array.from({ length: 1_000 }, (_, at) => ({ zoneId: at + 1, capacity: 1, price: '1.005' }));
    const lines = messageOf(parse({ zones })).split('\n');
    expect(lines).toHaveLength(52);
    expect(lines.at(-1)).toBe('  … and 950 more');
  });

  it.each(['ABC', 'XXX', 'XTS', 'XAU', 'usd', 'EURO'])('with the currency %s is refused', (currency) => {
    expect(parse({ event: { ...valid.event, currency } })).toThrow('/event/currency must be');
  });

  it.each([
    ['blank', ' \u3000'],
    ['empty', ''],
    ['of two lines', 'Chamber\nmusic'],
    ['of two lines in Unicode', 'Chamber\u2028music'],
    ['with an escape sequence', '\u001b[31mChamber music'],
    ['with a NUL', 'Chamber\0music'],
    ['with half of a surrogate pair, which MySQL would keep as another one', 'Chamber music \ud83c'],
  ])('with a name that is %s is refused', (_what, name) => {
    const everywhere = { venue: { venueId: 'V', name }, event: { ...valid.event, name }, zones: [{ ...valid.zones[1], name }] };
    for (const place of ['/venue/name', '/event/name', '/zones/0/name']) expect(parse(everywhere)).toThrow(`${place} must be`);
  });

  it.each(['Ó Riada 🎻', 'שירה', 'Don’t  <b>stop</b> & "go"', ' a '])('with the name %s is as written', (name) => {
    expect(parse({ event: { ...valid.event, name } })().eventName).toBe(name);
  });

  it('is read though an editor marked its byte order', () => {
    expect(parseEventFile(`\ufeff${JSON.stringify(valid)}`).eventName).toBe('An event');
  });

  it.each([
    ['no zones', { zones: [] }, '/zones'],
    ['an unknown field', { zone: [] }, '/zone is not a known field'],
    ['a missing part', { venue: undefined }, '/venue is missing'],
    ['a malformed id', { venue: { venueId: 'a{b}', name: 'x' } }, '/venue/venueId'],
    ['a zone 0', { zones: [{ zoneId: 0, capacity: 1, price: '1' }] }, '/zones/0/zoneId'],
    ['a zone too large', { zones: [{ zoneId: 1, rows: 9_000, columns: 9_000, price: '1' }] }, 'at most 1000000 are allowed'],
    ['too many zones', { zones: [{ zoneId: 1, throughZoneId: 100_000, capacity: 1, price: '1' }] }, 'limit of 10000 zones'],
    [
      'too many seats',
      { zones: [{ zoneId: 1, throughZoneId: 11, capacity: 1_000_000, price: '1' }] },
      'at most 10000000 are allowed',
    ],
    [
      'a focus outside',
      { zones: [{ zoneId: 1, rows: 2, columns: 2, focus: { row: 'C', column: 1 }, price: '1' }] },
      '/zones/0/focus',
    ],
    [
      'a focus without seats',
      { zones: [{ zoneId: 1, capacity: 2, focus: { row: 'A', column: 1 }, price: '1' }] },
      '/zones/0/focus',
    ],
    [
      'a focus inside a seat',
      { zones: [{ zoneId: 1, rows: 1, columns: 9, focus: { row: 'A', column: 1.2 }, price: '1' }] },
      'focus/column',
    ],
    ['holds of no length', { event: { ...valid.event, holdSeconds: 0 } }, '/event/holdSeconds'],
    ['no tickets for a buyer', { event: { ...valid.event, ticketsPerBuyer: 0 } }, '/event/ticketsPerBuyer'],
    ['a price too high', { zones: [{ zoneId: 1, capacity: 1, price: '99999999999999999999' }] }, '/zones/0/price'],
  ])('with %s is refused', (_what, changes, fault) => {
    expect(parse(changes)).toThrow(fault);
  });

  it('that is not JSON is refused', () => {
    expect(() => parseEventFile('venue: V')).toThrow('not valid JSON');
  });

  it('is valid in every demo, which names its JSON Schema; the first has 78,000 seats', () => {
    const folder = join(import.meta.dirname, '../../../../scripts/demo');
    const texts = globSync('!(*.schema).json', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'));
    expect(texts.map((text) => JSON.parse(text).$schema)).toEqual(texts.map(() => './event.schema.json'));
    const plans = texts.map((text) => parseEventFile(text));
    const event1 = plans.find(({ inventory }) => inventory.eventId === 'Event1');
    expect(event1?.inventory.zones.reduce((sum, { capacity }) => sum + capacity, 0)).toBe(78_000);
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
