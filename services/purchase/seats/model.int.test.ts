import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StepAct } from '../../../scripts/testing/model/acts.ts';
import { crowdAct, stepAct } from '../../../scripts/testing/model/drawn-acts.ts';
import { type Hall, halls, largeHall } from '../../../scripts/testing/model/halls.ts';
import { seedOfRun } from '../../../scripts/testing/model/seed.ts';
import { beginTrial, endTrial, type Trial, takeStep } from '../../../scripts/testing/model/trial.ts';
import { mutatedRedis } from '../../../scripts/testing/mutated-redis.ts';
import { redis, unique } from '../../../scripts/testing/stores.ts';

const limits = [undefined, 4, 6];

const seed = seedOfRun();
/** Leaves time to shrink a failing trial; a single trial takes under a second. */
const interruptAfterTimeLimit = 150_000;
const timeout = interruptAfterTimeLimit + 30_000;

class Step implements fc.AsyncCommand<object, Trial> {
  readonly act: StepAct;
  constructor(act: StepAct) {
    this.act = act;
  }
  check = () => true;
  run = (_model: object, trial: Trial) => takeStep(trial, this.act);
  toString = () => JSON.stringify(this.act);
}

type TryOut = { of: Hall[]; step: fc.Arbitrary<StepAct>; stepsOfTrial: number; wantedSteps: number; client?: typeof redis };

/** Tries events with these halls, until `wantedSteps` steps are taken in all. Returns how often each outcome happened. */
async function tryOut({ of, step, stepsOfTrial, wantedSteps, client = redis }: TryOut, options: { endOnFailure?: true } = {}) {
  const seen = new Map<string, number>();
  const steps = fc.commands([step.map((act) => new Step(act))], { maxCommands: stepsOfTrial, size: 'max' });
  const [ofHall, limit] = [fc.constantFrom(...of), fc.constantFrom(...limits)];
  const property = fc.asyncProperty(ofHall, limit, steps, async (hall, ticketsPerBuyer, commands) => {
    const names = { eventId: unique('event'), venueId: unique('venue'), currency: 'USD' };
    const terms = { onSaleAtMs: 0, holdMs: 600_000, ...(ticketsPerBuyer !== undefined && { ticketsPerBuyer }) };
    const trial = await beginTrial(client, { ...names, ...terms, ...hall }, seen);
    await fc.asyncModelRun(() => ({ model: {}, real: trial }), commands);
    await endTrial(trial);
  });
  // The number of steps in a trial is random, so repeat until there were enough.
  for (let round = 0; (seen.get('steps') ?? 0) < wantedSteps; round += 1) {
    await fc.assert(property, { seed: seed + round, numRuns: 10, interruptAfterTimeLimit, ...options });
  }
  return seen;
}

/** Outcomes that must happen: a rule that no step met was not tested. */
const asking = ['EVENT_NOT_FOUND', 'ZONE_NOT_FOUND', 'SEAT_NOT_FOUND', 'CATEGORY_NOT_FOUND', 'TICKET_TYPE_NOT_FOUND'];
const taking = [
  ...asking,
  ...['PROMOTION_NOT_FOUND', 'TOO_MANY_TICKETS', 'SEAT_REPEATED', 'BUYER_REQUIRED', 'SALE_PAUSED', 'SALE_CLOSED'],
  ...['BUYER_LIMIT_REACHED', 'SEAT_TAKEN', 'SOLD_OUT', 'TICKET_TYPE_SOLD_OUT', 'PROMOTION_USED_UP', 'NO_ADJACENT_SEATS'],
  ...['a mixed order', 'with EARLY', 'with STALLS', 'with first-5'],
];
const mustHappen = {
  sell: ['sold', 'PAYMENT_REQUIRED', 'PAID_BY_REQUIRED', 'PAID_BY_NOT_YOURS', ...taking],
  hold: ['held', 'HOLD_LIMIT_REACHED', 'NOT_ON_SALE', 'blocked seats', ...taking],
  confirm: ['HOLD_NOT_FOUND'],
  'confirm held': ['sold', 'SALE_PAUSED', 'PAYMENT_REQUIRED', 'PAID_BY_REQUIRED'],
  'confirm paying': ['HOLD_BEING_PAID'],
  'confirm overdue': ['sold', 'SALE_PAUSED', 'SALE_CLOSED'],
  'confirm expired': ['sold', 'HOLD_EXPIRED', 'BUYER_LIMIT_REACHED', 'TICKET_TYPE_SOLD_OUT', 'PROMOTION_USED_UP'],
  'confirm sold': ['sold'],
  'begin payment': ['HOLD_NOT_FOUND'],
  'begin payment held': ['held', 'SALE_PAUSED'],
  'begin payment paying': ['held', 'PAYMENT_OUTDATED'],
  'begin payment overdue': ['HOLD_EXPIRED'],
  'begin payment expired': ['HOLD_EXPIRED', 'PAYMENT_OUTDATED'],
  'begin payment sold': ['HOLD_CONFIRMED'],
  'confirm payment': ['HOLD_NOT_FOUND'],
  'confirm payment held': ['sold'],
  'confirm payment paying': ['sold', 'PAYMENT_OUTDATED'],
  'confirm payment overdue': ['sold'],
  'confirm payment expired': ['sold', 'HOLD_EXPIRED', 'PAYMENT_OUTDATED'],
  'confirm payment sold': ['sold', 'HOLD_CONFIRMED', 'PAYMENT_OUTDATED'],
  'end payment': ['paymentEnded'],
  'end payment held': ['paymentEnded'],
  'end payment paying': ['paymentEnded', 'PAYMENT_OUTDATED'],
  'end payment overdue': ['paymentEnded'],
  'end payment expired': ['paymentEnded'],
  'end payment sold': ['paymentEnded', 'HOLD_CONFIRMED'],
  extend: ['HOLD_NOT_FOUND'],
  'extend held': ['held', 'HOLD_EXTENDED'],
  'extend paying': ['HOLD_BEING_PAID'],
  'extend overdue': ['HOLD_EXPIRED'],
  'extend expired': ['HOLD_EXPIRED'],
  'extend sold': ['HOLD_CONFIRMED'],
  release: ['HOLD_NOT_FOUND'],
  'release held': ['released'],
  'release paying': ['HOLD_BEING_PAID'],
  'release overdue': ['released'],
  'release expired': ['released'],
  'release sold': ['HOLD_CONFIRMED'],
  'give up': ['HOLD_NOT_FOUND'],
  'give up held': ['held', 'released', 'TICKET_NOT_FOUND'],
  'give up paying': ['HOLD_BEING_PAID'],
  'give up overdue': ['HOLD_EXPIRED'],
  'give up expired': ['HOLD_EXPIRED'],
  'give up sold': ['HOLD_CONFIRMED'],
  cancel: ['cancelled', 'ORDER_NOT_FOUND', 'TICKET_NOT_FOUND', 'PAID_THROUGH_CHECKOUT'],
  exchange: [
    'exchanged',
    'ORDER_NOT_FOUND',
    'TICKET_NOT_FOUND',
    'SEAT_NOT_FOUND',
    'PRICE_DIFFERS',
    'SEAT_TAKEN',
    'blocked seats',
  ],
  block: ['blocked', 'SEAT_NOT_FOUND', 'SEAT_TAKEN'],
  unblock: ['blocked', 'SEAT_NOT_FOUND'],
  open: ['changed', 'unchanged', 'not opened'],
  'again sell': ['sold', 'SEAT_TAKEN', 'BUYER_LIMIT_REACHED', 'IDEMPOTENCY_KEY_REUSED'],
  'again hold': ['held', 'SEAT_TAKEN', 'BUYER_LIMIT_REACHED', 'IDEMPOTENCY_KEY_REUSED'],
  'again confirm sold': ['sold', 'IDEMPOTENCY_KEY_REUSED'],
  'again cancel': ['cancelled', 'IDEMPOTENCY_KEY_REUSED'],
  'again exchange': ['exchanged'],
};

it('follows the rules, whatever the requests and their order, concurrent or not', { timeout }, async () => {
  const seen = await tryOut({ of: halls, step: stepAct, stepsOfTrial: 120, wantedSteps: 10_000 });
  expect(seen.get('steps')).toBeGreaterThanOrEqual(10_000);
  const expected = Object.entries(mustHappen).flatMap(([what, outcomes]) => outcomes.map((outcome) => `${what} ${outcome}`));
  expect(expected.filter((what) => !seen.has(what))).toEqual([]);
});

it('follows them while more holds are overdue than one call ends', { timeout }, async () => {
  const seen = await tryOut({ of: [largeHall], step: fc.oneof(stepAct, crowdAct), stepsOfTrial: 6, wantedSteps: 100 });
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['sell sold', 'hold held']));
});

/** Faults, each as a text of some script and what it would be. */
const faults: [what: string, from: string, to: string][] = [
  ['blocked seats are sold to buyers', 'if mayTakeBlocked and seats.is_blocked', 'if seats.is_blocked'],
  ['the best seats are of any category and kind', "if mask ~= '' then byte", 'if false then byte'],
  ['gaps are free', 'bits.bytes_of(part(places.absent[at]), moved.to.bytes)', "bits.bytes_of('', moved.to.bytes)"],
  ['a moved seat is forgotten', 'newTaken, run[2], run[3])', 'newTaken, run[2], run[3] - 1)'],
  ['a seat that is gone is not noticed', 'if bits.get(taken, position) and #seats', 'if false and #seats'],
  ['an exchange keeps the old seat', "seats.move(order.buyerId, seats.places_of({ old }), 'sold', 'free')", ''],
  ['an expired hold keeps its share of a limit', 'tallies.give_back(tickets, rest, buyerId)', ''],
  ['a cancelled order counts as one with the promotion', "if not isKept then add_to('orders:' .. promotion, -1) end", ''],
  ['an expired hold is confirmed beyond a limit', 'refusal = refusal or tallies.recheck', 'local _ = refusal or tallies.recheck'],
  ['a ticket that is given up stays held', 'holds.give_back(hold, given, rest)', ''],
  ['a client may hold one ticket too many', '+ number > client[3]', '+ number > client[3] + 1'],
  ['a client may have one hold too many', '>= client[2] or', '> client[2] or'],
  ["a confirmed hold still counts as its client's", 'holds.let_go(hold, order.tickets, {})', ''],
  ["an ended hold still counts as its client's", 'let_go(hold, tickets, rest)\nend', 'end'],
  ['a hold that is being paid can be changed', "if holds.is_being_paid(holdId, hold) then return { 'HOLD_BEING_PAID' } end", ''],
  ['a payment that was ended still confirms', 'hold.attempt or 0, attempt + 1)', 'hold.attempt or 0, attempt)'],
  ['an older attempt still confirms', 'if attempt and holds.is_outdated(hold, attempt) then', 'if false then'],
  ['an older attempt still begins', "if holds.is_outdated(hold, attempt) then return { 'PAYMENT_OUTDATED' } end", ''],
  ['an older attempt still ends', 'if not isOver and holds.is_outdated(hold, attempt) then', 'if false then'],
  ['a lease does not renew', 'local leaseUntil = event.now + command.leaseMs', 'local leaseUntil = holds.deadline_of(holdId)'],
  ['a buyer confirms what checkout once was paid for', "if hold.attempt then return event.final({ 'HOLD_EXPIRED' }) end", ''],
  ['what must be paid is confirmed unpaid', 'if not event.inventory.needsPayment or', 'if true or'],
  ['anybody cancels what was paid', "if order.paidBy == 'checkout' and not command.isCheckout then", 'if false then'],
  ['seats that were to be blocked are free', 'isBlocking and place[2] and blocked or free', 'free'],
  ['checkout is told that it sold what another did', "cjson.decode(json).paidBy == 'checkout'", 'true'],
  ['a paused sale confirms holds', 'if not inventory.mayConfirm then', 'if false then'],
];

it.each(faults)('is broken when %s (positive control)', { timeout }, async (_what, from, to) => {
  const mutated = mutatedRedis(redis, from, to);
  const trying = tryOut(
    { of: halls, step: stepAct, stepsOfTrial: 120, wantedSteps: 10_000, client: mutated.redis },
    { endOnFailure: true },
  );
  const failure = await trying.catch((error) => error);
  mutated.expectMutated();
  expect(failure.cause?.message).toContain('This is what happened');
});
