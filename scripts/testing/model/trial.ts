import { createSeats, type Seats } from '../../../services/purchase/seats/create-seats.ts';
import type { SeatRequest } from '../../../services/purchase/seats/purchase.ts';
import type { Inventory } from '../../../services/shared/inventory/inventory.ts';
import { deadlinesKey } from '../../../services/shared/inventory/keys.ts';
import { openInventory } from '../../../services/shared/inventory/open-inventory.ts';
import type { RedisClient } from '../../../services/shared/stores/redis.ts';
import { assertConserved } from '../conservation.ts';
import type { Act, StepAct } from './acts.ts';
import { variantsOf } from './halls.ts';
import { observeOrders, readSnapshot, type Snapshot } from './observe.ts';
import { seatName } from './places.ts';
import { latest, type Past, requestOf, seatsOf } from './request-of.ts';
import { type Outcome, perform, type Request, type SetState } from './requests.ts';
import { Illegal } from './same.ts';
import { count, mostTogether, settle } from './settle.ts';
import { isPast, left, type Model, newModel, seatMap } from './state.ts';
import { nameOf, tell } from './tell.ts';

const hourMs = 3_600_000;

/** An event under test: its state by the rules, the latest snapshot from Redis, and what was done to it. */
export type Trial = {
  redis: RedisClient;
  seats: Seats;
  model: Model;
  snapshot: Snapshot;
  past: Past;
  /** As it was opened first. */
  original: Inventory;
  steps: number;
  told: string[];
  /** How often each outcome happened, in this trial and others. */
  seen: Map<string, number>;
};

export async function beginTrial(redis: RedisClient, original: Inventory, seen: Map<string, number>): Promise<Trial> {
  const seats = createSeats({ redis });
  await openInventory(redis, original);
  const snapshot = await readSnapshot(redis, original.eventId);
  const past = { holdIds: [], keyed: [], keys: [], zoneIds: original.zones.map(({ zoneId }) => zoneId) };
  const model = newModel(original, snapshot.nowMs);
  return { redis, seats, model, snapshot, past, original, steps: 0, told: [], seen };
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
  const { eventId, zones } = model.inventory;
  const requestsOf = (acts: Act[]) => acts.map((one) => requestOf(one, trial.model, past));
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
    case 'after the sale': {
      const time = act.step === 'before the sale' ? { onSaleAtMs: model.nowMs + hourMs } : { offSaleAtMs: model.nowMs };
      await together(trial, [opening(model, { ...model.inventory, ...time })]);
      await together(trial, requestsOf([act.act]));
      return await together(trial, [opening(trial.model, model.inventory)]);
    }
    case 'while': {
      const setting = (state: SetState['state']): Request => ({ does: 'set state', eventId, state });
      await together(trial, [setting(act.state)]);
      const holdIds = [...model.holds].flatMap(([id, { state }]) => (act.lapse && state === 'held' ? [id] : []));
      await together(trial, requestsOf(act.acts), { holdIds, leftMs: 0 });
      return await together(trial, [setting('')]);
    }
    case 'overtaken': {
      // Somebody who may have it even if it must be paid.
      const seller = { mayTakeBlocked: true, pays: 10 };
      await together(trial, requestsOf([{ ...act.act, does: 'hold' }]));
      const holdIds = [...trial.model.holds.keys()].slice(-1);
      await together(
        trial,
        requestsOf([{ ...act.act, ...seller, does: 'sell', buyer: act.by === 'the same' ? act.act.buyer : 'Di' }]),
        {
          holdIds,
          leftMs: 0,
        },
      );
      return await together(
        trial,
        requestsOf([{ does: 'confirm', hold: { of: 'unsold', at: 0 }, isSeller: true, pays: 10, keyed: false }]),
      );
    }
    case 'new price': {
      const { zoneId = 0, priceMinor } = trial.original.zones[act.zone] ?? {};
      const priced = zones.map((zone) =>
        zone.zoneId === zoneId && priceMinor !== undefined && zone.priceMinor !== undefined
          ? { ...zone, priceMinor: act.priceMinor }
          : zone,
      );
      return await together(trial, [opening(model, { ...model.inventory, zones: priced })]);
    }
    case 'new payment': {
      const { payment, ...others } = model.inventory;
      return await together(trial, [opening(model, payment ? others : { ...others, payment: 'required' })]);
    }
    case 'new hall':
      return await together(trial, [newHall(trial, act)]);
    case 'crowd': {
      const free = [...seatMap(model).values()].flatMap(({ seat, taken }): SeatRequest[] => (taken ? [] : [{ seats: [seat] }]));
      const general = zones.flatMap(({ zoneId, grid }) =>
        grid ? [] : Array.from({ length: left(model, zoneId) }, () => ({ zoneId, quantity: 1, split: false })),
      );
      const requests = [...free, ...general].map(
        (request, at): Request => ({ does: 'hold', eventId, request, buyerId: `buyer-${at}` }),
      );
      await together(trial, requests);
      const holdIds = [...trial.model.holds.keys()];
      return await together(trial, requestsOf([act.act]), { holdIds, leftMs: 0 });
    }
    default:
      throw act satisfies never;
  }
}

/** Changes the event's inventory; the seats that are blocked stay so, unless others are given. */
const opening = (model: Model, inventory: Inventory, blocked = [...model.blocked]): Request => ({
  does: 'open',
  eventId: inventory.eventId,
  inventory,
  blocked: blocked.flatMap((name) => seatMap(model).get(name)?.seat ?? []),
});

function newHall({ model, past, original }: Trial, { zone: at, variant, free, block }: StepAct & { step: 'new hall' }): Request {
  const zone = original.zones[at];
  const variants = zone ? variantsOf(zone) : [];
  const changed = variants[variant % variants.length];
  const others = new Map([...model.inventory.zones, ...(changed ? [changed] : [])].map((one) => [one.zoneId, one]));
  const zones = original.zones.flatMap(({ zoneId }) => (zoneId === zone?.zoneId ? (changed ?? []) : (others.get(zoneId) ?? [])));
  const freed = new Set(seatsOf(free, model, past).map(seatName));
  const wanted = [...model.blocked].filter((name) => !freed.has(name));
  return opening(model, { ...model.inventory, zones }, [...wanted, ...seatsOf(block, model, past).map(seatName)]);
}

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

/** Checks the whole event against the rules, and that it adds up. */
async function assertAll({ redis, model, past }: Trial): Promise<void> {
  await assertConserved(redis, model.inventory.eventId);
  await observeOrders(redis, model, past.keys);
}
