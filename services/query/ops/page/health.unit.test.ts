import { describe, expect, it } from 'vitest';
import type { Inventory } from '../messages.ts';
import { healthOf, type Second } from './health.js';

const event = {
  eventId: 'Event1',
  venueId: 'Venue1',
  venueName: 'The Arena',
  name: 'Opening night',
  onSaleAt: '2026-01-01T00:00:00.000Z',
  offSaleAt: null,
  startsAt: null,
  timeZone: null,
  currency: 'USD',
  payment: 'none' as const,
  ticketsPerBuyer: null,
  ticketsPerOrder: 10,
  categories: [],
  ticketTypes: [],
  zones: [1, 2].map((zoneId) => ({
    ...{ zoneId, name: `Block ${zoneId}`, price: '1.00', categories: [], rows: null, columns: null, isHall: false },
    capacity: 10,
  })),
};

const zone = (zoneId: number, fault?: string): Inventory['zones'][number] => ({
  zoneId,
  capacity: 10,
  available: 10,
  held: 0,
  sold: 0,
  blocked: 0,
  projected: 0,
  ...(fault !== undefined && { fault }),
});

const inventory = (...zones: Inventory['zones']): Inventory => ({
  capacity: 20,
  available: 20,
  held: 0,
  sold: 0,
  blocked: 0,
  zones,
});

const second: Second = {
  type: 'second',
  at: '2026-01-01T00:10:00.000Z',
  sale: [],
  inventory: inventory(zone(1), zone(2)),
  projection: { tickets: 0, revenue: '0.00', lagSequences: 0, lagSeconds: 0 },
  outbox: { events: 0, oldestSeconds: 0 },
  queue: { messages: 0, inFlight: 0, deadLetters: 0 },
  verification: { at: '2026-01-01T00:00:00.000Z', differences: 0, tickets: 5, revenue: '5.00', summary: '' },
  payments: 'none',
};

const payments: Exclude<Second['payments'], 'none' | null> = {
  ...{ authorised: '0.00', captured: '5.00', refunded: '0.00', refunding: '0.00', pending: '0.00' },
  ...{ unfinished: 0, stuck: 0, checkouts: { paid: 1 }, refunds: {} },
  providers: [
    { provider: 'paypal', breaker: 'closed', changedOn: '2026-01-01T00:00:00.000Z' },
    { provider: 'stripe', breaker: 'closed', changedOn: '2026-01-01T00:00:00.000Z' },
  ],
};

const of = (changes: Partial<Second>) => healthOf({ ...second, ...changes }, event);

describe('health', () => {
  it('is good if everything is good', () => {
    expect(Object.values(of({})).map(({ tone }) => tone)).toEqual(Array(5).fill('good'));
  });

  it('is unknown if nothing can be read, rather than good or 0', () => {
    const all = of({ inventory: null, projection: null, outbox: null, queue: null, verification: null, payments: null });
    for (const health of Object.values(all)) {
      expect(health).toMatchObject({ tone: 'unknown', value: '–' });
      expect(Object.values(health.problems ?? {})).toEqual([expect.stringContaining('cannot be read right now')]);
    }
  });

  it('is bad without an inventory, and says what to do', () => {
    expect(of({ inventory: 'missing' }).conservation).toEqual({
      tone: 'bad',
      value: 'No inventory',
      detail: 'Nothing can be sold. The operator runs: npm run onsale -- rebuild Event1',
      problems: { 'inventory missing': 'Redis has no inventory for the event' },
    });
    const projection = { tickets: 3, revenue: '3.00', lagSequences: null, lagSeconds: null };
    expect(of({ inventory: 'missing', projection }).projection).toMatchObject({ tone: 'unknown', value: '–' });
  });

  it('is bad with a dead letter', () => {
    const { queue } = of({ queue: { messages: 4, inFlight: 1, deadLetters: 2 } });
    expect(queue).toMatchObject({
      tone: 'bad',
      value: '2 dead letters',
      problems: { queue: '2 dead letters in the dead-letter queue' },
    });
  });

  it('is slow if figures are late', () => {
    expect(of({ outbox: { events: 9, oldestSeconds: 29 } }).outbox.tone).toBe('plain');
    expect(of({ outbox: { events: 9, oldestSeconds: 30 } }).outbox.tone).toBe('slow');
    expect(of({ projection: { tickets: 0, revenue: '0.00', lagSequences: 3, lagSeconds: 31 } }).projection.tone).toBe('slow');
  });

  it('says which zones do not add up, and why', () => {
    const { conservation } = of({ inventory: inventory(zone(1), zone(2, 'one seat more than tickets')) });
    expect(conservation).toMatchObject({ tone: 'bad', value: '1 of 2 zones does not add up' });
    expect(conservation.problems).toEqual({ 'zone 2': 'Block 2: one seat more than tickets' });
  });

  it('does not claim that MySQL agrees while it cannot be read', () => {
    const { conservation } = of({ inventory: inventory({ ...zone(1), projected: null }, zone(2)) });
    expect(conservation).toMatchObject({ tone: 'plain', detail: 'In Redis; MySQL cannot be read right now' });
  });

  it('says how to verify an event that was never verified', () => {
    expect(of({ verification: 'never' }).verification).toMatchObject({
      value: 'Never verified',
      detail: 'The operator runs: npm run onsale -- verify Event1',
    });
  });

  it('says nothing of payments if there are none, and what hangs if something does', () => {
    expect(of({}).payments).toBeUndefined();
    expect(of({ payments }).payments).toEqual({
      tone: 'good',
      value: 'Nothing stuck',
      detail: 'PayPal and Stripe respond',
    });
    const providers = payments.providers.map((known) =>
      known.provider === 'stripe' ? { ...known, breaker: 'open' as const } : known,
    );
    expect(of({ payments: { ...payments, providers } }).payments).toMatchObject({
      tone: 'slow',
      value: 'Stripe does not respond',
      problems: { provider: 'Stripe does not respond' },
    });
    expect(of({ payments: { ...payments, providers, stuck: 2 } }).payments).toEqual({
      tone: 'bad',
      value: '2 stuck',
      detail: 'Stripe does not respond. The operator runs: npm run onsale -- verify Event1',
      problems: { payments: '2 payments or refunds are stuck' },
    });
    expect(of({ payments: { ...payments, stuck: 1 } }).payments?.problems).toEqual({ payments: '1 payment or refund is stuck' });
  });
});
