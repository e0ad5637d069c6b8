import fc from 'fast-check';
import {
  type Act,
  type BestAct,
  buyers,
  type ChosenAct,
  clients,
  type HoldAct,
  type ItemAct,
  minuteMs,
  type PayAct,
  type SeatAct,
  type StepAct,
  type TakeAct,
  type Ticket,
} from './acts.ts';

const promotions = [...Array<undefined>(12).fill(undefined), 'EARLY', 'early', 'STALLS', 'STALLS', 'STALLS'];
const few = (most: number) => fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 2 }) }, fc.nat({ max: most }));
const keyed = fc.boolean();
/** True once in so many times. */
const rarely = (times: number) => fc.nat({ max: times - 1 }).map((number) => number === 1);
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>, weight = 15) => fc.oneof({ weight, arbitrary: usual }, other);

const seat: fc.Arbitrary<SeatAct> = fc.record({
  from: fc.oneof(
    { weight: 40, arbitrary: fc.constant('free' as const) },
    { weight: 15, arbitrary: fc.constant('lost' as const) },
    { weight: 10, arbitrary: fc.constantFrom('taken' as const, 'blocked' as const) },
    { weight: 2, arbitrary: fc.constant('unknown' as const) },
  ),
  at: fc.oneof(fc.nat({ max: 2 }), fc.nat({ max: 99 })),
});
const type = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(undefined, 0, 1, 1) },
  { weight: 2, arbitrary: fc.constant(2) },
  { weight: 1, arbitrary: fc.constant(3) },
);
const chosen: fc.Arbitrary<ChosenAct> = fc.record({ seat, type });
// The fourth zone does not exist.
const zone = fc.oneof({ weight: 30, arbitrary: fc.nat({ max: 2 }) }, fc.constant(3));
const best: fc.Arbitrary<BestAct> = fc.record({
  zone,
  quantity: mostly(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 8 }), 3),
  split: fc.boolean(),
  types: mostly<BestAct['types']>(fc.constant(undefined), fc.array(type, { minLength: 8, maxLength: 8 }), 2),
  category: mostly<number | undefined>(fc.constantFrom(undefined, undefined, undefined, 0, 1), fc.constant(3), 25),
  sameCategory: rarely(4),
  accessible: rarely(6),
});
const items = fc.oneof(
  { weight: 3, arbitrary: fc.array<ItemAct>(chosen, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array<ItemAct>(chosen, { minLength: 1, maxLength: 7 }) },
  { weight: 3, arbitrary: fc.tuple<ItemAct[]>(best) },
  { weight: 2, arbitrary: fc.array<ItemAct>(fc.oneof<fc.Arbitrary<ItemAct>[]>(chosen, best), { minLength: 2, maxLength: 4 }) },
);

const pays = fc.nat({ max: 19 });
const take: fc.Arbitrary<TakeAct> = fc.record({
  does: fc.constantFrom('sell' as const, 'hold' as const, 'hold' as const),
  items,
  lowerCase: fc.boolean(),
  buyer: fc.constantFrom(...buyers),
  client: fc.constantFrom(...clients),
  venue: fc.oneof({ weight: 20, arbitrary: fc.constantFrom('right' as const, 'any' as const) }, fc.constant('wrong' as const)),
  promotion: mostly<string | undefined>(fc.constantFrom(...promotions), fc.constantFrom('OVER', 'first-5'), 25),
  mayTakeBlocked: rarely(3),
  pays,
  keyed,
});
const payDoes = [
  'begin payment',
  'begin payment',
  'begin payment',
  'confirm payment',
  'confirm payment',
  'end payment',
  'end payment',
] as const;
/** Mostly one that can still be confirmed; sometimes one that may have been released or deleted. */
const hold: fc.Arbitrary<HoldAct> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ of: fc.constant('unsold' as const), at: fc.nat({ max: 11 }) }) },
  { weight: 4, arbitrary: fc.record({ of: fc.constantFrom('all' as const, 'ever' as const), at: few(20) }) },
  { weight: 1, arbitrary: fc.constant('unknown' as const) },
);
const ticket = mostly<Ticket>(fc.nat({ max: 9 }), fc.constant('unknown'));
const order = mostly<number | 'unknown'>(few(30), fc.constant('unknown'));
const confirm: fc.Arbitrary<Act> = fc.record({
  does: fc.constant('confirm' as const),
  hold,
  isSeller: fc.boolean(),
  pays,
  keyed,
});
const ofHold: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: confirm },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('extend' as const, 'release' as const), hold, keyed }) },
);
/** Mostly of a hold whose payment was begun before. */
const pay: fc.Arbitrary<Act> = fc.record({
  does: fc.constantFrom(...payDoes),
  hold: fc.oneof({ weight: 2, arbitrary: fc.record({ of: fc.constant('paid' as const), at: few(11) }) }, hold),
  attempt: mostly<PayAct['attempt']>(fc.constant('newest'), fc.constantFrom('older', 'older', 'newer'), 2),
});
const giveUp: fc.Arbitrary<Act> = fc.record({ does: fc.constant('give up' as const), hold, ticket });
const cancel: fc.Arbitrary<Act> = fc.record({
  does: fc.constant('cancel' as const),
  order,
  tickets: fc.oneof(fc.constant<Ticket[]>([]), { weight: 2, arbitrary: fc.array(ticket, { minLength: 1, maxLength: 3 }) }),
  isBlocking: rarely(4),
  isCheckout: fc.boolean(),
  keyed,
});
const exchange: fc.Arbitrary<Act> = fc.record({
  does: fc.constant('exchange' as const),
  order,
  ticket,
  place: fc.oneof({ weight: 5, arbitrary: seat }, fc.record({ zone })),
  keyed,
});
const block: fc.Arbitrary<Act> = fc.record({
  does: fc.constantFrom('block' as const, 'unblock' as const),
  seats: fc.array(seat, { minLength: 1, maxLength: 4 }),
});
const retry: fc.Arbitrary<Act> = fc.record({
  does: fc.constant('retry' as const),
  request: few(20),
  as: fc.constantFrom('the same' as const, 'the same' as const, 'another' as const),
});
const sweep: fc.Arbitrary<Act> = fc.constant({ does: 'sweep' });

const act = fc.oneof(
  { weight: 16, arbitrary: take },
  { weight: 9, arbitrary: ofHold },
  { weight: 10, arbitrary: pay },
  { weight: 2, arbitrary: giveUp },
  { weight: 4, arbitrary: cancel },
  { weight: 3, arbitrary: exchange },
  { weight: 2, arbitrary: block },
  { weight: 5, arbitrary: retry },
  { weight: 2, arbitrary: sweep },
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
      act: fc.oneof(take, ofHold, pay, giveUp, cancel, exchange),
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
  { weight: 3, arbitrary: fc.record({ step: fc.constantFrom('before the sale' as const, 'after the sale' as const), act }) },
  {
    weight: 10,
    arbitrary: fc.record({
      step: fc.constant('while' as const),
      state: fc.constantFrom('paused' as const, 'paused' as const, 'paused, but confirming' as const, 'closed' as const),
      lapse: rarely(3),
      acts: fc.array(fc.oneof(take, { weight: 4, arbitrary: ofHold }, { weight: 4, arbitrary: pay }, act), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant('overtaken' as const),
      act: take,
      by: fc.constantFrom('the same' as const, 'another' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      step: fc.constant('new price' as const),
      zone: fc.nat({ max: 2 }),
      priceMinor: fc.integer({ min: 0, max: 99_999 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ step: 'new payment' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      step: fc.constant('new hall' as const),
      zone: fc.nat({ max: 2 }),
      variant: mostly<number>(fc.constant(0), fc.nat({ max: 6 }), 1),
      free: fc.array(seat, { maxLength: 1 }),
      block: fc.array(seat, { maxLength: 2 }),
    }),
  },
);

export const crowdAct: fc.Arbitrary<StepAct> = fc.record({ step: fc.constant('crowd' as const), act });
