/**
 * Buyers hold a seat, open a checkout, and pay at the local payment provider, as its test page would; then they wait until they are told that
 * they have paid. Some cards are declined first, and some buyers leave without paying: their seats are free again after CHECKOUT_MINUTES.
 *
 *   k6 run -e EVENT_ID=Winterreise scripts/k6/pay.js
 *
 *   BASE_URL      http://localhost:8000   the load balancer
 *   PAYMENTS_URL  http://localhost:8027   the local payment provider
 *   EVENT_ID      Winterreise             an event with "payment": "required"
 *   RATE          5                       buyers per second
 *   DURATION      20s                     how long buyers arrive
 *   VUS           100                     the most concurrent buyers
 *   DECLINED      0.1                     share of buyers whose first card is declined
 *   ABANDON       0.1                     share of buyers who do not pay
 */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { actAtProvider, openCheckout, payAgain, readCheckout } from './lib/api.js';
import { bookThresholds, closeBooks, enterPromise, openBooks } from './lib/books.js';
import { holdOneOf } from './lib/hold.js';
import { seatedZones } from './lib/seats.js';
import { common, number, thresholdsOf } from './lib/settings.js';
import { summaryOf } from './lib/summary.js';

const declined = number('DECLINED', 0.1);
const abandon = number('ABANDON', 0.1);
/** How many times a buyer asks whether a payment is known. */
const questions = 40;
const pollSeconds = 0.25;

const requests = ['seats', 'hold', 'checkout', 'state'];

export const options = {
  ...common,
  scenarios: {
    buyers: {
      executor: 'constant-arrival-rate',
      rate: number('RATE', 5),
      duration: __ENV.DURATION || '20s',
      preAllocatedVUs: number('VUS', 100),
    },
  },
  thresholds: { ...Object.assign({}, ...requests.map(thresholdsOf)), ...bookThresholds, checks: ['rate==1'] },
};

export function setup() {
  const books = openBooks();
  return { ...books, zones: seatedZones(books.event.zones) };
}

export default function buy({ zones }) {
  const buyer = exec.scenario.iterationInTest;
  const { zoneId } = zones[buyer % zones.length];
  const held = holdOneOf(zoneId, buyer);
  if (!held) return;
  const answer = openCheckout(held.holdId, `buyer-${buyer}@shop.example`);
  if (!check(answer, { 'a held seat can be paid': ({ status }) => status === 201 || status === 202 })) return;
  if (Math.random() < abandon) return;
  const tickets = pay(answer.json());
  if (tickets) enterPromise(tickets);
}

/** Pays a checkout, with a second card if the first is declined. Returns its tickets once it is paid. */
function pay({ checkoutId, checkoutToken }) {
  let told = until(checkoutId, checkoutToken, ({ payment }) => payment?.clientSecret || payment?.payUrl);
  if (!told) return undefined;
  if (Math.random() < declined) {
    actAtProvider(told.payment, 'decline');
    told = until(checkoutId, checkoutToken, ({ payment }) => payment.status === 'failed');
    if (!check(told, { 'a declined card is known': (given) => given !== undefined })) return undefined;
    payAgain(checkoutId, checkoutToken);
    told = until(checkoutId, checkoutToken, ({ payment }) => payment.attempt > 1 && (payment.clientSecret || payment.payUrl));
    if (!told) return undefined;
  }
  actAtProvider(told.payment, 'succeed');
  const paid = until(checkoutId, checkoutToken, ({ status }) => status === 'paid');
  check(paid, { 'a payment becomes an order': (given) => given !== undefined });
  return paid?.tickets;
}

/** Asks for a checkout until it is as wanted. */
function until(checkoutId, checkoutToken, isAsWanted) {
  for (let asked = 0; asked < questions; asked++) {
    const answer = readCheckout(checkoutId, checkoutToken);
    if (answer.status === 200 && isAsWanted(answer.json())) return answer.json();
    sleep(pollSeconds);
  }
  return undefined;
}

export const teardown = closeBooks;
export const handleSummary = summaryOf('pay', requests);
