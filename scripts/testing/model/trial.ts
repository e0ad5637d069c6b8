import { createSeats, type Seats } from '../../../services/purchase/seats/create-seats.ts';
import { type Inventory, openInventory } from '../../../services/shared/inventory/inventory.ts';
import { deadlinesKey } from '../../../services/shared/inventory/keys.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { assertConserved } from '../conservation.ts';
import { type Act, latest, type Past, requestOf, type StepAct } from './acts.ts';
import { observe, observeOrders, readSnapshot, type Snapshot } from './observe.ts';
import { type Done, nameOf, type Outcome, perform, type Request, tell } from './requests.ts';
import { judge } from './rules.ts';
import { isPast, left, type Model, newModel, seatMap } from './state.ts';
import { Illegal } from './take-rules.ts';

const hourMs = 3_600_000;

/** An event under test: its state by the rules, the latest snapshot from Redis, and what was done to it. */
export type Trial = {
  redis: RedisClient;
  seats: Seats;
  model: Model;
  snapshot: Snapshot;
  past: Past;
  steps: number;
  told: string[];
  /** How often each outcome happened, in this trial and others. */
  seen: Map<string, number>;
};

export async function beginTrial(redis: RedisClient, inventory: Inventory, seen: Map<string, number>): Promise<Trial> {
  await openInventory(redis, inventory);
  const snapshot = await readSnapshot(redis, inventory.eventId);
  const past = { holdIds: [], keyed: [], keys: [] };
  return {
    redis,
    seats: createSeats({ redis }),
    model: newModel(inventory, snapshot.nowMs),
    snapshot,
    past,
    steps: 0,
    told: [],
    seen,
  };
}

/** Takes a step. Throws, with everything that happened, unless the outcomes and Redis follow the rules. */
export const takeStep = (trial: Trial, act: StepAct) =>
  telling(trial, async () => {
    await doStep(trial, act);
    trial.steps += 1;
    count(trial.seen, 'steps');
    if (trial.steps % 20 === 0) await assertAll(trial);
  });

/** Ends the trial: sweeps until nothing is overdue, and then checks everything. */
export const endTrial = (trial: Trial) =>
  telling(trial, async () => {
    do await doStep(trial, { step: 'act', act: { does: 'sweep' } });
    while ([...trial.model.holds.values()].some((hold) => isPast(trial.model, hold)));
    await assertAll(trial);
  });

async function telling({ told }: Trial, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error([(error as Error).message, 'This is what happened:', ...told].join('\n'), { cause: error });
  }
}

async function doStep(trial: Trial, act: StepAct): Promise<void> {
  const { model, past } = trial;
  const { eventId, onSaleAtMs, zones } = model.inventory;
  const requestsOf = (acts: Act[]) => acts.map((one) => requestOf(one, model, past));
  switch (act.step) {
    case 'act':
      return await together(trial, requestsOf([act.act]));
    case 'together':
      return await together(trial, requestsOf(act.acts));
    case 'twins':
      return await together(trial, Array<Request>(act.times).fill(requestOf(act.act, model, past)));
    case 'lapse': {
      const holdIds = [...model.holds].flatMap(([id, { state }]) => ((state === 'held') === (act.of === 'held') ? [id] : []));
      const lapsing = act.holds === 'all' ? holdIds : act.holds.flatMap((at) => latest(holdIds, at) ?? []);
      return await together(trial, requestsOf(act.acts), { holdIds: lapsing, leftMs: act.leftMs });
    }
    case 'before the sale':
      await together(trial, [opening(model, { onSaleAtMs: model.nowMs + hourMs })]);
      await together(trial, [requestOf(act.act, trial.model, past)]);
      return await together(trial, [opening(trial.model, { onSaleAtMs })]);
    case 'new price': {
      const priced = zones.map((zone, at) => (at === act.zone ? { ...zone, priceMinor: act.priceMinor } : zone));
      return await together(trial, [opening(model, { zones: priced })]);
    }
    case 'crowd': {
      const seats = [...seatMap(model).values()].flatMap(({ seat, owner }) => (owner ? [] : [{ seats: [seat] }]));
      const general = zones.flatMap(({ zoneId, grid }) =>
        grid ? [] : Array.from({ length: left(model, zoneId) }, () => ({ zoneId, quantity: 1, split: false })),
      );
      const requests = [...seats, ...general].map(
        (request, at): Request => ({ does: 'hold', eventId, request, buyerId: `buyer-${at}` }),
      );
      await together(trial, requests);
      return await together(trial, [requestOf(act.act, trial.model, past)], {
        holdIds: [...trial.model.holds.keys()],
        leftMs: 0,
      });
    }
    default:
      throw act satisfies never;
  }
}

const opening = ({ inventory }: Model, changes: Partial<Inventory>): Request => ({
  does: 'open',
  eventId: inventory.eventId,
  inventory: { ...inventory, ...changes },
});

type Lapse = { holdIds: string[]; leftMs: number };

/** Moves deadlines to the given number of milliseconds from now, as if time had passed. Returns the current time. */
const lapseScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for at = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[at]) end
return now`;

/** Sends requests concurrently, just after time has passed for some holds. */
async function together(trial: Trial, requests: Request[], lapse?: Lapse): Promise<void> {
  const [, outcomes] = await Promise.all([
    lapse && letLapse(trial, lapse),
    Promise.all(requests.map((request) => perform(trial, request))),
  ]);
  await conclude(trial, requests, outcomes);
}

async function letLapse(trial: Trial, { holdIds, leftMs }: Lapse): Promise<void> {
  const key = deadlinesKey(trial.model.inventory.eventId);
  const nowMs = (await trial.redis.eval(lapseScript, 1, key, leftMs, ...holdIds)) as number;
  const untilMs = nowMs + leftMs;
  const holds = [...trial.model.holds].map(([id, hold]) => [id, holdIds.includes(id) ? { ...hold, untilMs } : hold] as const);
  trial.model = { ...trial.model, nowMs, holds: new Map(holds) };
  if (holdIds.length === 0) return;
  const which = holdIds.length > mostTogether ? [`${holdIds.length} holds`] : holdIds.map(nameOf);
  trial.told.push(`${leftMs} ms are left for ${which.join(' ')}`);
}

/** Finds an order of the requests in which all outcomes are right and the result is what Redis has now. */
async function conclude(trial: Trial, requests: Request[], outcomes: Outcome[]): Promise<void> {
  const { redis, model, past, told } = trial;
  const done = requests.flatMap((request, at) => {
    const outcome = outcomes[at];
    return outcome ? [{ request, outcome }] : [];
  });
  told.push(...(done.length > mostTogether ? [`${done.length} buyers each hold a free place`] : done.map(tell)));
  for (const { request, outcome } of done) {
    if (request.does === 'hold' && outcome.kind === 'held') past.holdIds.push(outcome.holdId);
    if (request.idempotency && !past.keyed.includes(request)) past.keyed.push(request);
  }
  const snapshot = await readSnapshot(redis, model.inventory.eventId);
  const settled = settle(trial, snapshot, model, done);
  if ('why' in settled)
    throw new Illegal(done.length > 1 ? `no order makes it right; in the order sent, ${settled.why}` : settled.why);
  Object.assign(trial, { model: settled.model, snapshot });
}

type Settled = { model: Model } | { why: string };

/** With more requests there are too many orders to try: one connection sent them, so they happen in the order sent. */
const mostTogether = 6;

/**
 * Every request takes effect at one moment, so concurrent requests happen in some order. This tries every order, starting with the
 * one in which they were sent. In no order can two requests get the same seat.
 */
function settle(trial: Trial, snapshot: Snapshot, model: Model, done: Done[]): Settled {
  if (done.length === 0) return attempt(() => observe(model, trial, snapshot));
  let first: Settled | undefined;
  for (const [at, { request, outcome }] of done.slice(0, done.length > mostTogether ? 1 : undefined).entries()) {
    const next = attempt(() => judge(model, request, outcome));
    const settled = 'why' in next ? next : settle(trial, snapshot, next.model, done.toSpliced(at, 1));
    if ('model' in settled) {
      note(trial.seen, model, request, outcome);
      return settled;
    }
    first ??= settled;
  }
  return first ?? { why: 'nothing was done' };
}

function attempt(next: () => Model): Settled {
  try {
    return { model: next() };
  } catch (error) {
    if (error instanceof Illegal) return { why: error.message };
    throw error;
  }
}

function note(seen: Map<string, number>, model: Model, { does, ...request }: Request, outcome: Outcome): void {
  const hold = 'holdId' in request && model.holds.get(request.holdId);
  const words = [
    request.idempotency && model.answers.has(request.idempotency.key) && 'again',
    does,
    hold && (hold.state === 'held' && isPast(model, hold) ? 'overdue' : hold.state),
    outcome.kind === 'refused' ? outcome.code : outcome.kind,
  ];
  count(seen, words.filter(Boolean).join(' '));
}

const count = (seen: Map<string, number>, what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);

/** Checks the whole event against the rules, and that it adds up. */
async function assertAll({ redis, model, past }: Trial): Promise<void> {
  await assertConserved(redis, model.inventory.eventId);
  await observeOrders(redis, model, past.keys);
}
