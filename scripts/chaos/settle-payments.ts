import { setTimeout as pause } from 'node:timers/promises';
import { endedCheckouts, movingRefunds } from '../../services/shared/payments/progress.ts';
import type { History, Hold, Payment, PromisedOrder, Purchase, ToldCheckout } from './history.ts';
import { until } from './settle.ts';
import type { ChaosSystem } from './system.ts';

/** Longer than a buyer may take (CHECKOUT_MINUTES), what the last one has left to pay, and the saga's longest pause before it tries again. */
const endedMs = 240_000;
const answerMs = 5_000;
const tryAgainMs = 200;

type Stage = { system: ChaosSystem; history: History };

/** Lets buyers who have not paid give up: nobody has to wait until their time is over. */
export async function giveUpUnpaid({ system, history }: Stage): Promise<void> {
  for (const payment of history.payments) {
    const told = await lookAgain(system, payment);
    if (told.status === 'awaiting_payment') await askCheckout(system, payment, 'POST', '/cancel');
  }
}

/**
 * Resolves once every checkout has ended, all money that goes back is at the provider, every webhook is settled and every domain event
 * published. Returns what did not settle, in words.
 */
export async function untilPaymentsSettled({ db }: ChaosSystem, say: (line: string) => void): Promise<string[]> {
  const open = async () => {
    const count = ({ count: rows }: { count: number | string }) => Number(rows);
    const [checkouts, refunds, inbox, outbox] = await Promise.all([
      db
        .selectFrom('checkouts')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('state', 'not in', endedCheckouts)
        .executeTakeFirstOrThrow(),
      db
        .selectFrom('refunds')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('state', 'in', movingRefunds)
        .executeTakeFirstOrThrow(),
      db
        .selectFrom('provider_inbox')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('due_on', 'is not', null)
        .executeTakeFirstOrThrow(),
      db
        .selectFrom('checkout_outbox')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow(),
    ]);
    const left = { checkouts: count(checkouts), refunds: count(refunds), webhooks: count(inbox), 'domain events': count(outbox) };
    return Object.entries(left).flatMap(([what, number]) => (number > 0 ? [`${number} ${what}`] : []));
  };
  let left: string[] = [];
  let said = '';
  const isSettled = await until(endedMs, async () => {
    left = await open();
    const line = left.join(', ');
    if (line !== said && line !== '') say(`  still open: ${line}`);
    said = line;
    return left.length === 0;
  });
  return isSettled ? [] : [`payments did not settle: ${left.join(', ')}`];
}

/**
 * What became of the payments, as their buyers see it now: orders that were promised, or nothing. Returns also how often a buyer who was told that
 * it is paid is told otherwise now.
 */
export async function readOutcomes({
  system,
  history,
}: Stage): Promise<{ purchases: Purchase[]; holds: Hold[]; broken: string[] }> {
  const purchases: Purchase[] = [];
  const holds: Hold[] = [];
  const broken: string[] = [];
  for (const payment of history.payments) {
    const { eventId, buyerId, seats, holdId, heldFromMs, checkoutId, toldPaid } = payment;
    const told = await lookAgain(system, payment);
    if (toldPaid && told.status !== 'paid') broken.push(`checkout ${checkoutId} was paid, and is ${told.status} now`);
    if (told.status !== 'paid' || !told.order) continue;
    const order = promisedBy(told, told.order.orderId);
    const hasItsSeats = placesIn(order.tickets) === placesIn(seats);
    purchases.push({ eventId, buyerId, wanted: { seats: order.tickets }, outcome: { kind: 'yes', told: order } });
    // Equal seats, taken later, were not held from the beginning.
    if (hasItsSeats) holds.push({ eventId, holdId, seats, heldFromMs, heldUntilMs: heldFromMs + keptMs, orderId: order.orderId });
  }
  return { purchases, holds, broken };
}

/** A buyer has at least a minute to pay (system.ts); so long the seats are kept. */
const keptMs = 60_000;

const promisedBy = ({ tickets }: ToldCheckout, orderId: string): PromisedOrder => ({
  orderId,
  orderToken: '',
  tickets: tickets.map(({ ticketId, zoneId, row, column, price }) => ({ ticketId, zoneId, row, column, price })),
});

const placesIn = (places: { zoneId: number; row: string | null; column: string | null }[]) =>
  places
    .map(({ zoneId, row, column }) => `${zoneId} ${row} ${column}`)
    .toSorted()
    .join();

async function lookAgain(system: ChaosSystem, payment: Payment): Promise<ToldCheckout> {
  return (await askCheckout(system, payment, 'GET', '')) as ToldCheckout;
}

/** Asks until it is answered: the storm is over. */
async function askCheckout({ checkoutUrls: [url] }: ChaosSystem, payment: Payment, method: 'GET' | 'POST', path: string) {
  const address = `${url}/checkout/api/v1/checkouts/${payment.checkoutId}${path}`;
  const headers = { 'checkout-token': payment.token };
  for (let left = 50; ; left--) {
    const response = await fetch(address, { method, headers, signal: AbortSignal.timeout(answerMs) }).catch(() => undefined);
    if (response && response.status < 500) return (await response.json()) as object;
    if (left === 0) throw new Error(`${method} ${address} was not answered`);
    await pause(tryAgainMs);
  }
}
