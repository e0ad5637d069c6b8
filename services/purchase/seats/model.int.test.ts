import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crowdAct, type StepAct, stepAct } from '../../../scripts/testing/model/acts.ts';
import { seedOfRun } from '../../../scripts/testing/model/seed.ts';
import { beginTrial, endTrial, type Trial, takeStep } from '../../../scripts/testing/model/trial.ts';
import { redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';

// Small, so that requests collide; the second hall has rows of more than one byte.
const halls = [
  [seatedZone(1, 3, 4, 2_000), seatedZone(2, 4, 7, 3_550), { zoneId: 3, capacity: 6, priceMinor: 900 }],
  [seatedZone(4, 2, 9, 2_000), seatedZone(7, 1, 17, 3_550), { zoneId: 8, capacity: 6, priceMinor: 900 }],
];
const largeHall = [seatedZone(1, 3, 4), seatedZone(2, 4, 7), { zoneId: 3, capacity: 70, priceMinor: 900 }];
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

/** Tries events with these halls, until `wantedSteps` steps are taken in all. Returns how often each outcome happened. */
async function tryOut(hall: (typeof halls)[number][], step: fc.Arbitrary<StepAct>, stepsOfTrial: number, wantedSteps: number) {
  const seen = new Map<string, number>();
  const steps = fc.commands([step.map((act) => new Step(act))], { maxCommands: stepsOfTrial, size: 'max' });
  const [zones, limit] = [fc.constantFrom(...hall), fc.constantFrom(...limits)];
  const property = fc.asyncProperty(zones, limit, steps, async (ofHall, ticketsPerBuyer, commands) => {
    const names = { eventId: unique('event'), venueId: unique('venue'), currency: 'USD' };
    const terms = { onSaleAtMs: 0, holdMs: 600_000, ...(ticketsPerBuyer !== undefined && { ticketsPerBuyer }) };
    const trial = await beginTrial(redis, { ...names, ...terms, zones: ofHall }, seen);
    await fc.asyncModelRun(() => ({ model: {}, real: trial }), commands);
    await endTrial(trial);
  });
  // The number of steps in a trial is random, so repeat until there were enough.
  for (let round = 0; (seen.get('steps') ?? 0) < wantedSteps; round += 1) {
    await fc.assert(property, { seed: seed + round, numRuns: 10, interruptAfterTimeLimit });
  }
  return seen;
}

/** Outcomes that must happen: a rule that no step met was not tested. */
const taking = ['EVENT_NOT_FOUND', 'ZONE_NOT_FOUND', 'SEAT_NOT_FOUND', 'NOT_ON_SALE', 'BUYER_REQUIRED', 'BUYER_LIMIT_REACHED'];
const mustHappen = {
  sell: ['sold', ...taking, 'SEAT_TAKEN', 'SOLD_OUT'],
  hold: ['held', ...taking, 'SEAT_TAKEN', 'SOLD_OUT', 'NO_ADJACENT_SEATS'],
  confirm: ['HOLD_NOT_FOUND'],
  'confirm held': ['sold'],
  'confirm overdue': ['sold'],
  'confirm expired': ['sold', 'HOLD_EXPIRED', 'BUYER_LIMIT_REACHED'],
  'confirm sold': ['sold'],
  extend: ['HOLD_NOT_FOUND'],
  'extend held': ['held', 'HOLD_EXTENDED'],
  'extend overdue': ['HOLD_EXPIRED'],
  'extend expired': ['HOLD_EXPIRED'],
  'extend sold': ['HOLD_CONFIRMED'],
  release: ['HOLD_NOT_FOUND'],
  'release held': ['released'],
  'release overdue': ['released'],
  'release expired': ['released'],
  'release sold': ['HOLD_CONFIRMED'],
  cancel: ['cancelled', 'ORDER_NOT_FOUND', 'TICKET_NOT_FOUND'],
  'again sell': ['sold', 'SEAT_TAKEN', 'BUYER_LIMIT_REACHED', 'IDEMPOTENCY_KEY_REUSED'],
  'again hold': ['held', 'SEAT_TAKEN', 'SOLD_OUT', 'BUYER_LIMIT_REACHED', 'IDEMPOTENCY_KEY_REUSED'],
  'again confirm sold': ['sold', 'IDEMPOTENCY_KEY_REUSED'],
  'again cancel': ['cancelled', 'IDEMPOTENCY_KEY_REUSED'],
};

it('follows the rules, whatever the requests and their order, concurrent or not', { timeout }, async () => {
  const seen = await tryOut(halls, stepAct, 120, 10_000);
  expect(seen.get('steps')).toBeGreaterThanOrEqual(10_000);
  const expected = Object.entries(mustHappen).flatMap(([what, outcomes]) => outcomes.map((outcome) => `${what} ${outcome}`));
  expect([...seen.keys()]).toEqual(expect.arrayContaining(expected));
});

it('follows them while more holds are overdue than one call ends', { timeout }, async () => {
  const seen = await tryOut([largeHall], fc.oneof(stepAct, crowdAct), 6, 100);
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['sell sold', 'hold held']));
});
