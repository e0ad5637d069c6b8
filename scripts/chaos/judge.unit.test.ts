import { describe, expect, it } from 'vitest';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { planHall } from './halls.ts';
import { type History, type Hold, newHistory, type Outcome, type PromisedOrder, type Purchase } from './history.ts';
import { isRight, judge } from './judge.ts';
import type { TicketRow } from './read-tickets.ts';

const { inventory } = planHall(1);
const { eventId } = inventory;

const right = { lost: [], oversold: [], unexplained: [], broken: [] };

/** A ticket row as in MySQL, zone 1, A1 by default; `row` is null in general admission. */
const row = (changes: Partial<TicketRow> = {}): TicketRow => ({
  ticketId: 'ticket',
  orderId: 'order',
  venueId: inventory.venueId,
  eventId,
  buyerId: 'Ann',
  zoneId: 1,
  row: 'A',
  column: '1',
  price: '100.00',
  currency: 'USD',
  status: 'PAID',
  sequence: 1,
  cancelledSequence: undefined,
  soldMs: 1_000,
  cancelledMs: undefined,
  ...changes,
});
const cancelled = (changes: Partial<TicketRow> = {}) =>
  row({ status: 'CANCELLED', cancelledSequence: 2, cancelledMs: 2_000, ...changes });
const standing = (at: number, changes: Partial<TicketRow> = {}) =>
  row({
    ticketId: `standing ${at}`,
    orderId: `order ${at}`,
    zoneId: 3,
    row: null,
    column: null,
    price: '20.25',
    sequence: at,
    ...changes,
  });

const unknown = { kind: 'unknown' } as const;
const promiseOf = (...tickets: TicketRow[]): Outcome<PromisedOrder> => ({
  kind: 'yes',
  told: {
    orderId: tickets[0]?.orderId ?? '',
    orderToken: 'token',
    tickets: tickets.map(({ ticketId, zoneId, row: letters, column, price }) => ({
      ticketId,
      zoneId,
      row: letters,
      column,
      price,
    })),
  },
});
/** A purchase of these tickets' seats by their buyer. */
const purchase = (outcome: Outcome<PromisedOrder>, tickets: TicketRow[], changes: Partial<Purchase> = {}): Purchase => ({
  eventId,
  buyerId: tickets[0]?.buyerId,
  wanted: { seats: tickets },
  outcome,
  ...changes,
});
const bought = (...tickets: TicketRow[]) => purchase(promiseOf(...tickets), tickets);
const cancellation = (kind: 'yes' | 'no' | 'unknown', ...ticketIds: string[]) => {
  const outcomes = { yes: { kind, told: undefined }, no: { kind, code: 'ORDER_NOT_FOUND' }, unknown } as const;
  return { orderId: 'order', ticketIds, outcome: outcomes[kind] as Outcome<unknown> };
};

const judged = (history: Partial<History>, rows: TicketRow[], events: Inventory[] = [inventory]) =>
  judge({ ...newHistory(), ...history }, rows, events);

describe('a promise to a buyer', () => {
  it('is kept if every ticket is there as promised and as its buyer left it', () => {
    const [first, second] = [row(), row({ ticketId: 'second', column: '2' })];
    expect(judged({ purchases: [bought(first, second)] }, [first, second])).toEqual(right);
    const half = cancelled({ ticketId: 'second', column: '2' });
    expect(judged({ purchases: [bought(first, half)], cancellations: [cancellation('yes', 'second')] }, [first, half])).toEqual(
      right,
    );
    expect(isRight(judged({}, []))).toBe(true);
  });

  it.each<[string, TicketRow[]]>([
    ['is missing', []],
    ['row is B, not A', [row({ row: 'B' })]],
    ['column is 2, not 1', [row({ column: '2' })]],
    ['zoneId is 2, not 1', [row({ zoneId: 2 })]],
    ['price is 1.00, not 100.00', [row({ price: '1.00' })]],
    ['orderId is other, not order', [row({ orderId: 'other' })]],
    ['eventId is Chaos2, not Chaos1', [row({ eventId: 'Chaos2' })]],
    ['buyerId is Bob, not Ann', [row({ buyerId: 'Bob' })]],
    ['is CANCELLED, not PAID', [cancelled()]],
    ['is CONFLICTED, not PAID', [row({ status: 'CONFLICTED' })]],
  ])('is lost if its ticket %s', (words, rows) => {
    const verdict = judged({ purchases: [bought(row())] }, rows);
    expect(verdict.lost).toEqual([expect.stringContaining(words)]);
    expect(isRight(verdict)).toBe(false);
  });

  it.each([
    ['yes', row(), 'is PAID, not CANCELLED'],
    ['no', cancelled(), 'is CANCELLED, not PAID'],
  ] as const)('is lost if a cancellation was answered "%s" but the ticket contradicts it', (answer, ticket, words) => {
    const verdict = judged({ purchases: [bought(row())], cancellations: [cancellation(answer, 'ticket')] }, [ticket]);
    expect(verdict.lost).toEqual([expect.stringContaining(words)]);
  });

  it.each([row(), cancelled()])('allows either status if the outcome of a cancellation is unknown ($status)', (ticket) => {
    expect(judged({ purchases: [bought(row())], cancellations: [cancellation('unknown', 'ticket')] }, [ticket])).toEqual(right);
  });

  it('must match the request', () => {
    const wanted = { seats: [{ zoneId: 1, row: 'A', column: '2' }] };
    for (const changes of [{ wanted }, { wanted: { zoneId: 1, quantity: 2 } }, { wanted: { zoneId: 2, quantity: 1 } }]) {
      const verdict = judged({ purchases: [purchase(promiseOf(row()), [row()], changes)] }, [row()]);
      expect(verdict.lost).toEqual([expect.stringContaining('but the request was')]);
    }
    expect(judged({ purchases: [purchase(promiseOf(row()), [row()], { wanted: { zoneId: 1, quantity: 1 } })] }, [row()])).toEqual(
      right,
    );
  });

  it('must have the seats and the prices of its hold', () => {
    const confirmed = (price: string, column: string) => {
      const held = [{ zoneId: 1, row: 'A', column, price }];
      return judged({ purchases: [purchase(promiseOf(row()), [row()], { held })] }, [row()]);
    };
    expect(confirmed('100.00', '1')).toEqual(right);
    expect(confirmed('90.00', '1').lost).toEqual([expect.stringContaining('its hold had zone 1, A1 at 90.00')]);
    expect(confirmed('100.00', '2').lost).toEqual([expect.stringContaining('its hold had zone 1, A2 at 100.00')]);
  });
});

describe('a ticket that nobody was promised', () => {
  const asked = purchase(unknown, [row()]);

  it('is explained by a request for it that was never answered', () => {
    expect(judged({ purchases: [asked] }, [row()])).toEqual(right);
    expect(judged({ purchases: [{ ...asked, wanted: { zoneId: 1, quantity: 1 } }] }, [row()])).toEqual(right);
    expect(judged({ purchases: [asked] }, [])).toEqual(right);
  });

  it.each<[string, Partial<Purchase>]>([
    ['from another buyer', { buyerId: 'Bob' }],
    ['from an anonymous buyer', { buyerId: undefined }],
    ['for another event', { eventId: 'Chaos2' }],
    ['for another seat', { wanted: { seats: [{ zoneId: 1, row: 'A', column: '2' }] } }],
    ['for another quantity', { wanted: { zoneId: 1, quantity: 2 } }],
    ['for another zone', { wanted: { zoneId: 2, quantity: 1 } }],
    ['that was refused', { outcome: { kind: 'no', code: 'SEAT_TAKEN' } }],
  ])('is not explained by a request %s', (_what, changes) => {
    const verdict = judged({ purchases: [{ ...asked, ...changes }] }, [row()], [inventory, planHall(2).inventory]);
    expect(verdict.unexplained).toEqual([expect.stringMatching(/order of Chaos1 .*zone 1, A1 at 100.00, PAID.* nobody bought/)]);
  });

  it.each<[string, TicketRow]>([
    ['is cancelled', cancelled()],
    ['has a price other than its zone', row({ price: '90.00' })],
  ])('is not explained if it %s', (_what, ticket) => {
    expect(judged({ purchases: [asked] }, [ticket]).unexplained).toHaveLength(1);
  });

  it('is not explained by a request that explains another order, nor by the promise of neighbouring seats', () => {
    const any = { ...asked, wanted: { zoneId: 3, quantity: 1 } };
    expect(judged({ purchases: [any] }, [standing(1), standing(2)]).unexplained).toHaveLength(1);
    expect(judged({ purchases: [any, any] }, [standing(1), standing(2)])).toEqual(right);
    const more = row({ ticketId: 'more', column: '2' });
    expect(judged({ purchases: [bought(row())] }, [row(), more]).unexplained).toEqual([expect.stringContaining('zone 1, A2')]);
  });

  it('is explained first by a request that names its seat, which leaves those for any seat to other tickets', () => {
    const any = { ...asked, wanted: { zoneId: 1, quantity: 1 } };
    const other = row({ ticketId: 'other', orderId: 'other', column: '2', sequence: 2 });
    expect(judged({ purchases: [any, asked] }, [row(), other])).toEqual(right);
  });
});

describe('a place', () => {
  it('is oversold if a second ticket was sold before the first was cancelled, but not after', () => {
    const second = (sequence: number) => row({ ticketId: 'second', orderId: 'second', sequence });
    const history = (sequence: number) => ({
      purchases: [bought(row()), bought(second(sequence))],
      cancellations: [cancellation('yes', 'ticket')],
    });
    const first = cancelled({ cancelledSequence: 5 });
    expect(judged(history(6), [first, second(6)])).toEqual(right);
    expect(judged(history(4), [first, second(4)]).oversold).toEqual([expect.stringContaining('zone 1, A1: 2 tickets at once')]);
  });

  it('is oversold if it was promised to two buyers, even if MySQL has one ticket', () => {
    const second = row({ ticketId: 'second', orderId: 'second' });
    const purchases = [bought(row()), bought(second)];
    expect(judged({ purchases }, [row()]).oversold).toEqual([expect.stringContaining('was promised as ticket and second')]);
    expect(judged({ purchases, cancellations: [cancellation('unknown', 'second')] }, [row()]).oversold).toEqual([]);
  });

  it('is oversold if a ticket is in conflict', () => {
    expect(judged({}, [row({ status: 'CONFLICTED' })]).oversold).toEqual([expect.stringContaining('is CONFLICTED')]);
  });

  it('in general admission is oversold beyond the capacity, but not at it', () => {
    const rows = (count: number) => Array.from({ length: count }, (_, at) => standing(at + 1));
    expect(judged({}, rows(60)).oversold).toEqual([]);
    expect(judged({}, rows(61)).oversold).toEqual([expect.stringContaining('zone 3: 61 tickets at once in 60 places')]);
  });
});

describe('a hold', () => {
  const hold: Hold = {
    eventId,
    holdId: 'hold',
    seats: [{ zoneId: 1, row: 'A', column: '1', price: '100.00' }],
    heldFromMs: 1_000,
    heldUntilMs: 3_000,
  };
  const sold = (soldMs: number, changes: Partial<TicketRow> = {}) => row({ soldMs, ...changes });
  const broken = (changes: Partial<Hold>, ticket: TicketRow) =>
    judged({ holds: [{ ...hold, ...changes }] }, [ticket]).broken.length;

  it('is broken if somebody else had the seat during it', () => {
    expect(broken({}, sold(2_999))).toBe(1);
    expect(broken({}, sold(500))).toBe(1);
    expect(broken({}, sold(500, { status: 'CANCELLED', cancelledMs: 1_001 }))).toBe(1);
  });

  it.each<[string, Partial<Hold>, TicketRow]>([
    ['and cancelled before it', {}, sold(500, { status: 'CANCELLED', cancelledMs: 1_000 })],
    ['after it', {}, sold(3_000)],
    ['after its release', { releasedMs: 1_500 }, sold(1_500)],
    ['by its own order', { orderId: 'order' }, sold(2_000)],
    ['in another event', { eventId: 'Chaos2' }, sold(2_000)],
    ['in general admission', {}, sold(2_000, { zoneId: 3, row: null, column: null })],
  ])('is kept if the seat was sold %s', (_what, changes, ticket) => {
    expect(broken(changes, ticket)).toBe(0);
  });

  it('ends when it becomes an order, whose tickets may be cancelled and sold again', () => {
    const own = sold(1_500, { status: 'CANCELLED', cancelledMs: 1_600 });
    const next = sold(1_700, { ticketId: 'next', orderId: 'next', sequence: 3 });
    expect(judged({ holds: [{ ...hold, orderId: 'order' }] }, [own, next]).broken).toEqual([]);
  });
});

describe('a run', () => {
  it('is wrong if a buyer at any time had more tickets than the event allows', () => {
    const limited = planHall(3).inventory;
    const rows = (count: number) => Array.from({ length: count }, (_, at) => standing(at + 1, { eventId: limited.eventId }));
    const first = { status: 'CANCELLED', cancelledMs: 9_000 } as const;
    expect(judged({}, rows(6), [limited]).broken).toEqual([]);
    expect(judged({}, rows(7), [limited]).broken).toEqual(['Ann had 7 tickets of Chaos3, which allows 6']);
    const [one = row(), ...others] = rows(7);
    expect(judged({}, [{ ...one, ...first, cancelledSequence: 8 }, ...others], [limited]).broken).toHaveLength(1);
    expect(judged({}, [{ ...one, ...first, cancelledSequence: 6.5 }, ...others], [limited]).broken).toEqual([]);
  });

  it('is wrong if a buyer got an answer that must never be given', () => {
    const verdict = judged({ surprises: ['GET / returned 500'] }, []);
    expect(verdict).toEqual({ ...right, broken: ['GET / returned 500'] });
    expect(isRight(verdict)).toBe(false);
  });
});
