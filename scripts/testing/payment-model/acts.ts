import { sql } from 'kysely';
import { stranger } from '../../../services/shared/identity/principal.ts';
import { setState } from '../../../services/shared/inventory/set-state.ts';
import { uuidBytes } from '../../../services/shared/stores/uuid.ts';
import type { ActName } from '../../local/payments/acts.ts';
import { requestFaults } from '../../local/payments/faults.ts';
import { redis } from '../stores.ts';
import { type Buyer, collectWebhooks, deliver, type History, letPass, run } from './history.ts';

const secondMs = 1_000;
const minuteMs = 60_000;

/** What may happen next in a history, and how often. */
const acts: [weight: number, act: (history: History, buyer: Buyer) => Promise<void>][] = [
  [8, openCheckout],
  [10, payAtProvider],
  [8, (history) => deliverAny(history)],
  [4, settle],
  [4, payAgain],
  [2, cancel],
  [8, (history) => sweep(history)],
  [5, (history) => pass(history)],
  [4, async ({ fibers }) => fibers.resume()],
  [3, (history) => sellToOther(history)],
  [1, (history) => pauseOrResume(history)],
  [4, refund],
  [1, meddle],
  [3, (history) => breakProvider(history)],
];

const deck = acts.flatMap(([weight, act]) => Array<typeof act>(weight).fill(act));

/** Lets a few things happen, with trouble of any kind. */
export async function live(history: History): Promise<void> {
  const { random, fibers, faults, buyers } = history;
  const [first] = buyers;
  if (first && random.chance(0.3)) await payInPeace(history, first);
  // Without trouble too, so that histories also get far.
  fibers.chance.stop = random.pick([0, 0.02, 0.06]);
  faults.share = random.pick([0, 0, 0.04]);
  const steps = random.between(4, 14);
  if (first) await openCheckout(history, first);
  for (let step = 0; step < steps; step++) await random.pick(deck)(history, random.pick(buyers));
}

/** So that much of what comes after a sale happens, too. */
async function payInPeace(history: History, buyer: Buyer): Promise<void> {
  await openCheckout(history, buyer);
  const [ref] = await knownPayments(history, buyer);
  if (ref !== undefined) actAtProvider(history, ref, 'succeed');
  await settle(history, buyer);
}

async function openCheckout(history: History, buyer: Buyer): Promise<void> {
  const { checkouts, random } = history;
  const { provider, takesEqual } = buyer;
  const holdId = buyer.holdId ?? (await holdSeats(history, random.between(1, 2)));
  if (holdId === undefined) return;
  buyer.holdId = holdId;
  const wish = { holdId, provider, takesEqual, email: 'ann@example.com', principal: stranger };
  await run(history, `${buyer.name} opens a checkout with ${provider}`, async () => {
    const opened = await checkouts.open(wish);
    if ('checkout' in opened) buyer.checkoutId = opened.checkout.checkoutId;
    return opened;
  });
}

/** Best seats, as a stranger holds them. */
async function holdSeats({ purchaseUrl, event, happened }: History, quantity: number): Promise<string | undefined> {
  const body = { eventId: event.eventId, zoneId: 1, quantity, split: true };
  const response = await post(`${purchaseUrl}/purchase/api/v1/holds`, body);
  const { holdId } = (await response.json()) as { holdId?: string };
  happened.push(`holds ${quantity} seats: ${response.status}`);
  return holdId;
}

/** Somebody at the box office, who does not pay through checkout, takes the best seats. */
async function sellToOther({ purchaseUrl, event, happened, random }: History): Promise<void> {
  const body = { eventId: event.eventId, zoneId: 1, quantity: random.between(1, 3), split: true };
  const response = await post(`${purchaseUrl}/purchase/api/v1/orders`, body);
  happened.push(`somebody else buys ${body.quantity} seats: ${response.status}`);
  await response.arrayBuffer();
}

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** The payments that a buyer has seen: those whose page the checkout has shown, or could have. */
async function knownPayments({ db }: History, { checkoutId }: Buyer): Promise<string[]> {
  if (checkoutId === undefined) return [];
  const rows = await db
    .selectFrom('payment_attempts')
    .select('provider_ref')
    .where('checkout_id', '=', uuidBytes(checkoutId))
    .where('provider_ref', 'is not', null)
    .execute();
  return rows.flatMap(({ provider_ref }) => provider_ref ?? []);
}

async function payAtProvider(history: History, buyer: Buyer): Promise<void> {
  const { random } = history;
  const refs = await knownPayments(history, buyer);
  if (refs.length === 0) return;
  // The newest most of the time, but a buyer may have an older page open.
  const ref = random.chance(0.7) ? (refs.at(-1) ?? '') : random.pick(refs);
  const act = random.pick<ActName>([
    'succeed',
    'succeed',
    'succeed',
    'succeed',
    'decline',
    'require-action',
    'process',
    'expire',
  ]);
  actAtProvider(history, ref, act, random.chance(0.15) ? { isAutomatic: true } : {});
}

function actAtProvider(history: History, ref: string, act: ActName, options: object = {}): boolean {
  const { lane, happened } = history;
  const before = lane.payments.journal.payments.get(ref)?.state;
  const payment = lane.payments.act(ref, act, options);
  happened.push(`at the provider: ${act} ${ref} (${before}) → ${payment?.state ?? 'impossible'}`);
  collectWebhooks(history);
  return payment !== undefined;
}

/** In any order; some get lost, and some come twice. */
async function deliverAny(history: History): Promise<void> {
  const { webhooks, random } = history;
  if (webhooks.length === 0) return;
  const at = random.integer(webhooks.length);
  const [webhook] = random.chance(0.2) ? webhooks.slice(at, at + 1) : webhooks.splice(at, 1);
  if (webhook && random.chance(0.9)) await deliver(history, webhook);
}

async function settle(history: History, { name, checkoutId }: Buyer): Promise<void> {
  const { checkouts } = history;
  if (checkoutId !== undefined) await run(history, `${name} comes back`, () => checkouts.settle(checkoutId));
}

async function payAgain(history: History, { name, checkoutId }: Buyer): Promise<void> {
  const { checkouts, lane, random } = history;
  const provider = random.pick(lane.names);
  if (checkoutId !== undefined)
    await run(history, `${name} pays again with ${provider}`, () => checkouts.pay(checkoutId, { provider }));
}

async function cancel(history: History, { name, checkoutId }: Buyer): Promise<void> {
  const { checkouts } = history;
  if (checkoutId !== undefined) await run(history, `${name} cancels`, () => checkouts.cancel(checkoutId));
}

async function sweep(history: History): Promise<void> {
  const { checkouts, refunds, random } = history;
  if (random.chance(0.7)) await run(history, 'sweeps checkouts', () => checkouts.sweepOne());
  else await run(history, 'sweeps refunds', () => refunds.sweepOne());
}

async function pass(history: History): Promise<void> {
  const passed = [
    secondMs,
    5 * secondMs,
    31 * secondMs,
    31 * secondMs,
    5 * minuteMs,
    16 * minuteMs,
    40 * minuteMs,
    130 * minuteMs,
  ];
  await letPass(history, history.random.pick(passed));
}

async function pauseOrResume({ event, random, happened }: History): Promise<void> {
  const isPaused = random.chance(0.5);
  await setState(redis, event.eventId, isPaused ? { state: 'paused', confirmWhilePaused: false } : { state: 'published' });
  happened.push(isPaused ? 'the sale is paused' : 'the sale goes on');
}

/** The whole order, some of its tickets, or an amount; or the same again. */
async function refund(history: History, buyer: Buyer): Promise<void> {
  const { refunds, checkouts, random } = history;
  const { checkoutId, name } = buyer;
  const view = checkoutId === undefined ? undefined : await readPast(history, () => checkouts.read(checkoutId));
  if (view?.orderId === undefined) return;
  const ticketIds = view.tickets.map(({ ticketId }) => ticketId);
  const whole = {};
  const kind = random.pick([whole, { ticketIds: [random.pick(ticketIds)] }, { amountMinor: random.pick([1, 6_000, 10_000]) }]);
  const [known] = buyer.refunds;
  const [requestKey, what] = known && random.chance(0.3) ? known : [`key ${buyer.refunds.size}`, kind];
  buyer.refunds.set(requestKey, what);
  const wish = {
    orderId: view.orderId,
    seats: 'free' as const,
    reason: 'asked for it',
    principal: 'operator',
    requestKey,
    ...what,
  };
  await run(history, `${name} gets back ${JSON.stringify(what)}, ${requestKey}`, () => refunds.request(wish));
}

/** Reads while nothing goes wrong. */
async function readPast<T>({ fibers, faults }: History, read: () => Promise<T>): Promise<T> {
  const before = { stop: fibers.chance.stop, share: faults.share };
  [fibers.chance.stop, faults.share] = [0, 0];
  try {
    return await read();
  } finally {
    [fibers.chance.stop, faults.share] = [before.stop, before.share];
  }
}

/** Somebody gives money back at the provider's dashboard, or a bank is slow, or sends a refund back. */
async function meddle(history: History, buyer: Buyer): Promise<void> {
  const { random, lane } = history;
  const refs = await knownPayments(history, buyer);
  const waiting = [...lane.payments.journal.refunds.values()].find(({ state }) => state === 'pending');
  if (waiting && random.chance(0.5)) {
    const { ref } = waiting;
    const state = random.pick(['done', 'failed'] as const);
    lane.payments.settleRefund(ref, state);
    history.wasMeddled ||= state === 'failed';
    history.happened.push(`the bank says of ${ref}: ${state}`);
    collectWebhooks(history);
  } else if (refs.length > 0) {
    const ref = random.pick(refs);
    if (random.chance(0.5)) actAtProvider(history, ref, 'hold-refunds');
    else if (actAtProvider(history, ref, 'refund', { amount: random.pick([100, 10_000]) })) history.wasMeddled = true;
  }
}

async function breakProvider({ random, lane, happened }: History): Promise<void> {
  const kind = random.pick(requestFaults.filter((fault) => fault !== 'slow'));
  const provider = random.pick(lane.names);
  lane.payments.faults.add({ kind, provider, count: random.between(1, 3) });
  happened.push(`${provider} has a fault: ${kind}`);
}

/** Lets everything come to rest: nothing fails any more, and the clocks go on. What was stopped goes on too, some of it much later. */
export async function comeToRest(history: History): Promise<void> {
  const { fibers, faults, lane, event, random, buyers } = history;
  history.happened.push('--- coming to rest');
  [fibers.chance.stop, faults.share] = [0, 0];
  lane.payments.faults.clear();
  await setState(redis, event.eventId, { state: 'published' });
  for (let left = Math.ceil(fibers.stopped.length / 2); left > 0; left--) await fibers.resume();
  for (const { ref, state } of lane.payments.journal.payments.values())
    if (state === 'processing') actAtProvider(history, ref, random.pick(['succeed', 'decline']));
  await quiet(history);
  while (fibers.stopped.length > 0) await fibers.resume();
  for (const buyer of buyers) for (const ref of await knownPayments(history, buyer)) actAtProvider(history, ref, 'succeed');
  // What the reconciler does in the end, with all that the providers list.
  collectWebhooks(history);
  const { payments, refunds } = lane.payments.journal;
  for (const { provider, ref: paymentRef } of [...payments.values()]) await deliver(history, { provider, paymentRef });
  for (const { provider, ref: refundRef } of refundsOf(history, [...refunds.values()]))
    await deliver(history, { provider, refundRef });
  await quiet(history);
}

const refundsOf = ({ lane }: History, refunds: { ref: string; paymentRef: string }[]) =>
  refunds.flatMap(({ ref, paymentRef }) => {
    const provider = lane.payments.journal.payments.get(paymentRef)?.provider;
    return provider ? [{ provider, ref }] : [];
  });

const mostSweeps = 100;

/** Sweeps until nothing is due any more, and lets time pass to what is due next. */
async function quiet(history: History): Promise<void> {
  const { checkouts, refunds, lane, time } = history;
  for (let sweeps = 0; sweeps < mostSweeps; sweeps++) {
    for (const { ref, state } of lane.payments.journal.refunds.values())
      if (state === 'pending') lane.payments.settleRefund(ref, 'done');
    const next = await nextDue(history);
    if (!next) return;
    if (next.dueMs > time.now) await letPass(history, next.dueMs - time.now);
    await run(history, `sweeps ${next.of}`, () => (next.of === 'checkouts' ? checkouts : refunds).sweepOne());
  }
}

/** What is due first. */
async function nextDue({ db }: History): Promise<{ of: 'checkouts' | 'refunds'; dueMs: number } | undefined> {
  const dueOf = (of: 'checkouts' | 'refunds') =>
    db
      .selectFrom(of)
      .select(['due_on', sql.lit(of).as('of')])
      .where('due_on', 'is not', null);
  const rows = await dueOf('checkouts').unionAll(dueOf('refunds')).orderBy('due_on').limit(1).execute();
  return rows.map(({ of, due_on }) => ({ of, dueMs: due_on?.getTime() ?? 0 }))[0];
}
