import { type NewPayment, type Provider, ProviderAway } from '../../../services/checkout/providers/provider.ts';
import { createRefunds } from '../../../services/checkout/refunds/refunds.ts';
import { createCheckouts } from '../../../services/checkout/saga/checkouts.ts';
import type { Checkouts, Refunds } from '../../../services/checkout/saga/types.ts';
import { UnavailableError } from '../../../services/shared/http/problems.ts';
import type { Inventory } from '../../../services/shared/inventory/inventory.ts';
import { deadlinesKey } from '../../../services/shared/inventory/keys.ts';
import { openInventory } from '../../../services/shared/inventory/open-inventory.ts';
import { type Database, isDatabaseAway } from '../../../services/shared/stores/database.ts';
import type { ProviderName } from '../../../services/shared/stores/schema.ts';
import { uuidBytes } from '../../../services/shared/stores/uuid.ts';
import { testPurchaseClient } from '../apps.ts';
import { createRandom, type Random } from '../random.ts';
import { silentLogger } from '../silent-logger.ts';
import { redis, seatedZone, unique } from '../stores.ts';
import { createFibers, type Fibers } from './fibers.ts';
import { gatedDatabase, gatedPort } from './gated.ts';
import type { Lane } from './lane.ts';
import type { Plant } from './plants.ts';
import { Violation } from './violation.ts';

/** Somebody who wants seats. `checkoutId`: once they were told. */
export type Buyer = {
  name: string;
  holdId?: string;
  checkoutId?: string;
  provider: ProviderName;
  takesEqual: boolean;
  /** The keys of the refunds that were asked for, each with what it asks for. */
  refunds: Map<string, object>;
};

/** A random history of a few buyers, in which anything may go wrong. */
export type History = {
  seed: number;
  random: Random;
  lane: Lane;
  purchaseUrl: string;
  event: Inventory;
  fibers: Fibers;
  checkouts: Checkouts;
  refunds: Refunds;
  /** Past the gates. */
  db: Database;
  buyers: Buyer[];
  time: { now: number };
  /** How likely a call to purchase or the database fails, before it was made or after. */
  faults: { share: number };
  /** Payments and refunds about which a webhook is to come, each as often as it will. */
  webhooks: { provider: ProviderName; paymentRef?: string; refundRef?: string }[];
  /** The provider's events that have become webhooks. */
  told: Set<string>;
  /** Whether somebody gave money back, or a bank sent a refund back, without checkout. */
  wasMeddled: boolean;
  happened: string[];
  /** Rules that were broken on the way. */
  violations: Violation[];
};

const twoRows = 2;

/** Begins a history on an event of its own, with a few seats. */
export async function beginHistory(lane: Lane, purchaseUrl: string, seed: number, plant: Plant | undefined): Promise<History> {
  const random = createRandom(seed, 'payments');
  const happened: string[] = [];
  const violations: Violation[] = [];
  const say = (text: string) => void happened.push(text);
  const fibers = createFibers(random, say);
  const time = { now: Date.UTC(2026, 10, 28) + (seed % 1_000) };
  const faults = { share: 0 };
  const event: Inventory = {
    eventId: unique('paid'),
    venueId: 'V',
    currency: 'USD',
    onSaleAtMs: 0,
    holdMs: 600_000,
    zones: [seatedZone(1, twoRows, random.between(1, 3), random.chance(0.05) ? 0 : 10_000)],
  };
  await openInventory(redis, event);

  const failing = (point: string, error: () => Error) => async () => {
    if (!random.chance(faults.share)) return;
    say(`fails: ${point}`);
    throw error();
  };
  const around =
    (away: (point: string) => Error) =>
    async <T>(point: string, call: () => Promise<T>): Promise<T> => {
      await fibers.reach(`before ${point}`);
      await failing(`before ${point}`, () => away(point))();
      say(`  ${point}`);
      const result = await call();
      await failing(`after ${point}`, () => away(point))();
      await fibers.reach(`after ${point}`);
      return result;
    };

  const { pool } = lane;
  const dbAway = () => Object.assign(new Error('the connection broke'), { syscall: 'read' });
  const gated = gatedDatabase(pool, {
    rewrite: plant?.rewrite ?? ((sql) => sql),
    async before() {
      await fibers.reach('before the database');
      await failing('before the database', dbAway)();
    },
    async after() {
      await failing('after the database', dbAway)();
      await fibers.reach('after the database');
    },
  });
  const db = gatedDatabase(pool, { before: async () => {}, after: async () => {}, rewrite: (sql) => sql });
  const right = testPurchaseClient(purchaseUrl);
  const client = { ...right, ...plant?.purchase?.(right, { db, providers: lane.providers }) };
  const purchase = gatedPort(
    client,
    'purchase',
    around((point) => new UnavailableError('SERVICE_UNAVAILABLE', `${point}: purchase is away`)),
  );
  const providers = new Map(
    lane.names.map((name): [ProviderName, Provider] => {
      const right = lane.providers[name];
      const watched: Provider = {
        ...right,
        async create(wish) {
          violations.push(...(await findOthersAlive(db, lane, wish)));
          return await right.create(wish);
        },
      };
      const provider = { ...watched, ...plant?.provider?.(watched) };
      return [
        name,
        gatedPort(
          provider,
          name,
          around((point) => new ProviderAway(`${point}: away`)),
        ),
      ];
    }),
  );
  const dependencies = {
    ...{ db: gated, purchase, providers, logger: silentLogger },
    returnUrlOf: (checkoutId: string) => `http://127.0.0.1/checkout/return/${checkoutId}`,
    clock: () => time.now,
  };
  const names = ['Ann', 'Bob'].slice(0, random.chance(0.3) ? 2 : 1);
  return {
    ...{ seed, random, lane, purchaseUrl, event, fibers, db, time, faults, happened, violations },
    checkouts: createCheckouts(dependencies),
    refunds: createRefunds(dependencies),
    buyers: names.map((name) => ({
      name,
      provider: random.pick(lane.names),
      takesEqual: random.chance(0.5),
      refunds: new Map(),
    })),
    webhooks: [],
    told: new Set(),
    wasMeddled: false,
  };
}

/** Finds the older payments that a buyer has seen and could still pay, although they are to get another one. */
async function findOthersAlive(db: Database, { providers }: Lane, { checkoutId, attempt }: NewPayment): Promise<Violation[]> {
  const older = await db
    .selectFrom('payment_attempts')
    .select(['provider', 'provider_ref'])
    .where('checkout_id', '=', uuidBytes(checkoutId))
    .where('attempt', '<', attempt)
    .execute();
  const found: Violation[] = [];
  for (const { provider, provider_ref: ref } of older) {
    if (ref === null) continue;
    const { state } = await providers[provider].retrieve(ref);
    if (state !== 'voided' && state !== 'failed')
      found.push(new Violation('two payments at a time', `attempt ${attempt} begins while ${ref} is ${state}`));
  }
  return found;
}

/** Runs an operation of the saga, which may stop on the way. That somebody is away is no news; anything else is a bug. */
export async function run(history: History, name: string, work: () => Promise<unknown>): Promise<void> {
  const { fibers, happened } = history;
  happened.push(name);
  await fibers.run(name, async () => {
    try {
      const result = await work();
      happened.push(`${name} → ${textOf(result)}`);
    } catch (error) {
      happened.push(`${name} → ${(error as Error).message}`);
      if (error instanceof UnavailableError || error instanceof ProviderAway || isDatabaseAway(error)) return;
      throw error;
    }
  });
  collectWebhooks(history);
}

function textOf(result: unknown): string {
  if (typeof result !== 'object' || result === null) return String(result);
  const { checkout, refund, refused, ...rest } = result as Record<string, unknown>;
  const shown = (checkout ?? refund ?? (refused === undefined ? rest : { refused })) as Record<string, unknown>;
  const { state, reason, attempt, refused: code, amountMinor } = shown;
  return JSON.stringify({ state, reason, attempt, refused: code, amountMinor });
}

/** What the providers have sent since the last time waits for its delivery. */
export function collectWebhooks({ lane, told, webhooks }: History): void {
  for (const { id, provider, ref, objectId } of lane.payments.journal.events.values()) {
    if (told.has(id)) continue;
    told.add(id);
    const isRefund = lane.payments.journal.refunds.has(objectId);
    webhooks.push({ provider, ...(isRefund ? { refundRef: objectId } : { paymentRef: ref }) });
  }
}

/** Delivers a webhook: its worker asks for the truth. */
export async function deliver(history: History, webhook: History['webhooks'][number]): Promise<void> {
  const { checkouts, refunds } = history;
  const { provider, paymentRef, refundRef } = webhook;
  if (refundRef !== undefined) await run(history, 'refund webhook', () => refunds.settleRefund(provider, refundRef));
  else if (paymentRef !== undefined) await run(history, 'payment webhook', () => checkouts.settlePayment(provider, paymentRef));
}

/** Moves all deadlines by the time that has passed, because Redis has its own clock. */
const passScript = `
local holds = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for at = 1, #holds, 2 do redis.call('ZADD', KEYS[1], holds[at + 1] - ARGV[1], holds[at]) end`;

/** Lets time pass for the saga and for purchase. */
export async function letPass({ event, time, happened }: History, ms: number): Promise<void> {
  happened.push(`${ms / 1_000} s pass`);
  time.now += ms;
  await redis.eval(passScript, 1, deadlinesKey(event.eventId), ms);
}
