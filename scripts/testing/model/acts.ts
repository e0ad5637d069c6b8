import fc from 'fast-check';
import type { Purchase, Seat, SeatRequest } from '../../../services/purchase/seats/draft-order.ts';
import type { Request } from './requests.ts';
import { seatName } from './requests.ts';
import { type Model, seatMap } from './state.ts';

/**
 * An action, described so that it has a meaning in any state: numbers choose among the holds, orders or requests that exist then, 0 is
 * the latest. So a sequence still makes sense when fast-check removes steps from it.
 */
export type Act =
  | { does: 'sell' | 'hold'; request: SeatsAct; buyer: Buyer; venue: 'right' | 'wrong' | 'any'; keyed: boolean }
  | { does: 'confirm' | 'extend' | 'release'; hold: HoldAct; keyed: boolean }
  | { does: 'cancel'; order: number | 'unknown'; tickets: Ticket[]; keyed: boolean }
  | { does: 'retry'; request: number; as: 'the same' | 'another' }
  | { does: 'sweep' };

type Buyer = (typeof buyers)[number];
type HoldAct = { of: 'unsold' | 'all' | 'ever'; at: number } | 'unknown';
type Ticket = number | 'unknown';
type SeatsAct =
  | { seats: { from: 'free' | 'lost' | 'taken' | 'unknown'; at: number }[]; lowerCase: boolean }
  | { zone: number; quantity: number; split: boolean };

/** A step of a test: acts alone, together, or with time passing. */
export type StepAct =
  | { step: 'act'; act: Act }
  /** Concurrently, in any order. */
  | { step: 'together'; acts: Act[] }
  /** The same act several times concurrently, with one Idempotency-Key or none. */
  | { step: 'twins'; act: Act; times: number }
  /** Holds reach their deadline ('over' ones, the time of their deletion), or come within a minute of it; others act at that moment. */
  | { step: 'lapse'; of: 'held' | 'over'; holds: number[] | 'all'; leftMs: 0 | typeof minuteMs; acts: Act[] }
  | { step: 'before the sale'; act: Act }
  | { step: 'new price'; zone: number; priceMinor: number }
  /** Every free place is held separately, and then all of these holds become overdue. */
  | { step: 'crowd'; act: Act };

const minuteMs = 60_000;
const buyers = ['Ann', 'Ann', 'Ann', 'Bob', 'Cy', undefined] as const;
const few = (most: number) => fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 2 }) }, fc.nat({ max: most }));
const keyed = fc.boolean();

const seat = fc.record({
  from: fc.oneof(
    { weight: 16, arbitrary: fc.constant('free' as const) },
    { weight: 6, arbitrary: fc.constant('lost' as const) },
    { weight: 3, arbitrary: fc.constant('taken' as const) },
    { weight: 1, arbitrary: fc.constant('unknown' as const) },
  ),
  at: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 99 })),
});
const chosen = fc.record({
  seats: fc.oneof(
    { weight: 3, arbitrary: fc.array(seat, { minLength: 1, maxLength: 3 }) },
    fc.array(seat, { minLength: 1, maxLength: 10 }),
  ),
  lowerCase: fc.boolean(),
});
const best = fc.record({
  // The third is general admission, the fourth does not exist.
  zone: fc.oneof({ weight: 9, arbitrary: fc.nat({ max: 2 }) }, { weight: 3, arbitrary: fc.constant(2) }, fc.constant(3)),
  quantity: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 10 })),
  split: fc.boolean(),
});

const take: fc.Arbitrary<Act> = fc.record({
  does: fc.constantFrom('sell' as const, 'hold' as const, 'hold' as const),
  request: fc.oneof(chosen, best),
  buyer: fc.constantFrom(...buyers),
  venue: fc.oneof({ weight: 20, arbitrary: fc.constantFrom('right' as const, 'any' as const) }, fc.constant('wrong' as const)),
  keyed,
});
/** Mostly one that can still be confirmed; sometimes one that may have been released or deleted. */
const hold = fc.oneof(
  { weight: 12, arbitrary: fc.record({ of: fc.constant('unsold' as const), at: fc.nat({ max: 11 }) }) },
  { weight: 4, arbitrary: fc.record({ of: fc.constantFrom('all' as const, 'ever' as const), at: few(20) }) },
  { weight: 1, arbitrary: fc.constant('unknown' as const) },
);
const ticket = fc.oneof({ weight: 15, arbitrary: fc.nat({ max: 9 }) }, fc.constant('unknown' as const));
const ofHold: fc.Arbitrary<Act> = fc.record({
  does: fc.constantFrom('confirm' as const, 'confirm' as const, 'confirm' as const, 'extend' as const, 'release' as const),
  hold,
  keyed,
});
const cancel: fc.Arbitrary<Act> = fc.record({
  does: fc.constant('cancel' as const),
  order: fc.oneof({ weight: 15, arbitrary: few(30) }, fc.constant('unknown' as const)),
  tickets: fc.oneof(fc.constant<Ticket[]>([]), { weight: 2, arbitrary: fc.array(ticket, { minLength: 1, maxLength: 3 }) }),
  keyed,
});
const retry: fc.Arbitrary<Act> = fc.record({
  does: fc.constant('retry' as const),
  request: few(20),
  as: fc.constantFrom('the same' as const, 'the same' as const, 'another' as const),
});
const sweep: fc.Arbitrary<Act> = fc.constant({ does: 'sweep' });

const act = fc.oneof(
  { weight: 8, arbitrary: take },
  { weight: 5, arbitrary: ofHold },
  { weight: 2, arbitrary: cancel },
  { weight: 3, arbitrary: retry },
  { weight: 1, arbitrary: sweep },
);

export const stepAct: fc.Arbitrary<StepAct> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ step: fc.constant('act' as const), act }) },
  {
    weight: 10,
    arbitrary: fc.record({ step: fc.constant('together' as const), acts: fc.array(act, { minLength: 2, maxLength: 6 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      step: fc.constant('twins' as const),
      act: fc.oneof(take, ofHold, cancel),
      times: fc.integer({ min: 2, max: 6 }),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      step: fc.constant('lapse' as const),
      holds: fc.oneof({ weight: 2, arbitrary: fc.array(few(11), { minLength: 1, maxLength: 3 }) }, fc.constant('all' as const)),
      of: fc.oneof({ weight: 6, arbitrary: fc.constant('held' as const) }, fc.constant('over' as const)),
      leftMs: fc.constantFrom(0 as const, 0 as const, 0 as const, minuteMs),
      acts: fc.oneof({ weight: 3, arbitrary: fc.tuple(act) }, fc.array(act, { maxLength: 3 })),
    }),
  },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('before the sale' as const), act }) },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('new price' as const),
      zone: fc.nat({ max: 2 }),
      priceMinor: fc.integer({ min: 0, max: 99_999 }),
    }),
  },
);

export const crowdAct: fc.Arbitrary<StepAct> = fc.record({ step: fc.constant('crowd' as const), act });

/** Earlier holds, requests and keys, for later acts to refer to. */
export type Past = { holdIds: string[]; keyed: Request[]; keys: string[] };

/** Turns an act into a request, given the current state. */
export function requestOf(act: Act, model: Model, past: Past): Request {
  const { eventId, venueId } = model.inventory;
  const idempotent = (isKeyed: boolean, what: object) => {
    if (!isKeyed) return {};
    const key = `key-${past.keys.length + 1}`;
    past.keys.push(key);
    return { idempotency: { key, scope: 'stranger', fingerprint: `${act.does} ${JSON.stringify(what)}` } };
  };
  switch (act.does) {
    case 'sell':
    case 'hold': {
      const wanted = seatRequestOf(act.request, model);
      const purchase: Purchase = { eventId, request: wanted, buyerId: act.buyer, ...idempotent(act.keyed, wanted) };
      return {
        does: act.does,
        ...purchase,
        ...(act.venue !== 'any' && { venueId: act.venue === 'right' ? venueId : 'elsewhere' }),
      };
    }
    case 'confirm':
    case 'extend':
    case 'release': {
      const unsold = [...model.holds].flatMap(([id, { state }]) => (state === 'sold' ? [] : [id]));
      const all = [...model.holds.keys()];
      const holdIds = { unsold: unsold.length > 0 ? unsold : all, all, ever: past.holdIds };
      const holdId = (act.hold !== 'unknown' && latest(holdIds[act.hold.of], act.hold.at)) || `${eventId}~unknown`;
      return { does: act.does, eventId, holdId, ...idempotent(act.keyed && act.does !== 'release', { holdId }) };
    }
    case 'cancel': {
      const orderId = (act.order !== 'unknown' && latest([...model.orders.keys()], act.order)) || 'unknown';
      const { tickets = [] } = model.orders.get(orderId)?.order ?? {};
      const ticketIds = act.tickets.map((at) => (at !== 'unknown' && latest(tickets, at)?.ticketId) || 'unknown');
      return {
        does: 'cancel',
        eventId,
        orderId,
        ticketIds: [...new Set(ticketIds)],
        ...idempotent(act.keyed, { orderId, ticketIds }),
      };
    }
    case 'retry': {
      const request = latest(past.keyed, act.request) ?? { does: 'sweep', eventId };
      const { idempotency } = request;
      if (act.as === 'the same' || !idempotency) return request;
      return { ...request, idempotency: { ...idempotency, fingerprint: `another ${idempotency.fingerprint}` } };
    }
    case 'sweep':
      return { does: 'sweep', eventId };
    default:
      throw act satisfies never;
  }
}

export const latest = <Item>(list: Item[], at: number): Item | undefined => list[list.length - 1 - (at % (list.length || 1))];

function seatRequestOf(act: SeatsAct, model: Model): SeatRequest {
  const zoneIds = model.inventory.zones.map(({ zoneId }) => zoneId);
  if ('zone' in act) return { zoneId: zoneIds[act.zone] ?? 404, quantity: act.quantity, split: act.split };
  const all = [...seatMap(model).values()];
  const over = new Set(
    [...model.holds.values()].flatMap(({ state, order }) => (state === 'sold' ? [] : order.tickets.map(seatName))),
  );
  const from = {
    free: all.flatMap(({ seat, owner }) => (owner ? [] : [seat])),
    // The seats of an expired hold, which can still be confirmed unless somebody takes them.
    lost: all.flatMap(({ seat, owner }) => (!owner && over.has(seatName(seat)) ? [seat] : [])),
    taken: all.flatMap(({ seat, owner }) => (owner ? [seat] : [])),
    unknown: unknownSeats(zoneIds),
  };
  const seats = act.seats.map(
    (pick) => from[pick.from][pick.at % (from[pick.from].length || 1)] ?? all[pick.at % all.length]?.seat,
  );
  const once = new Map(seats.flatMap((chosenSeat) => (chosenSeat ? [[seatName(chosenSeat), chosenSeat]] : [])));
  return { seats: [...once.values()].map((one) => (act.lowerCase ? { ...one, row: one.row.toLowerCase() } : one)) };
}

/** Seats just outside every edge of every zone, and one in an unknown zone. */
const unknownSeats = (zoneIds: number[]): Seat[] => [
  ...zoneIds.flatMap((zoneId) => [
    { zoneId, row: 'A', column: 0 },
    { zoneId, row: 'A', column: 18 },
    { zoneId, row: 'E', column: 1 },
    { zoneId, row: 'AA', column: 1 },
  ]),
  { zoneId: 404, row: 'A', column: 1 },
];
