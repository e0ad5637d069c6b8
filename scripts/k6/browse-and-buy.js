/**
 * Visitors look at a zone's seats, hold one, think about it, and then buy it or not. Of those who do not buy, every other one
 * releases the hold. The rest just leave, so the seat stays held until the hold expires.
 *
 *   k6 run scripts/k6/browse-and-buy.js
 *
 *   BASE_URL  http://localhost:8000   the load balancer
 *   EVENT_ID  Event1                  the event
 *   RATE      20                      visitors per second
 *   DURATION  30s                     how long visitors arrive
 *   VUS       200                     the most concurrent visitors
 *   THINK     2                       average thinking time of a visitor, in seconds
 *   ABANDON   0.2                     share of visitors who do not buy
 */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import { confirmHold, releaseHold } from './lib/api.js';
import { bookThresholds, closeBooks, enterPromise, openBooks } from './lib/books.js';
import { holdOneOf } from './lib/hold.js';
import { seatedZones } from './lib/seats.js';
import { common, number, thresholdsOf } from './lib/settings.js';
import { summaryOf } from './lib/summary.js';

const think = number('THINK', 2);
const abandon = number('ABANDON', 0.2);

const requests = ['seats', 'hold', 'confirm', 'release'];

export const options = {
  ...common,
  scenarios: {
    visitors: {
      executor: 'constant-arrival-rate',
      rate: number('RATE', 20),
      duration: __ENV.DURATION || '30s',
      preAllocatedVUs: number('VUS', 200),
    },
  },
  thresholds: { ...Object.assign({}, ...requests.map(thresholdsOf)), ...bookThresholds, checks: ['rate==1'] },
};

export function setup() {
  const books = openBooks();
  return { ...books, zones: seatedZones(books.event.zones) };
}

export default function visit({ zones }) {
  const visitor = exec.scenario.iterationInTest;
  const { zoneId } = zones[visitor % zones.length];
  const held = holdOneOf(zoneId, visitor);
  if (!held) return;
  sleep(2 * think * Math.random());
  if (Math.random() >= abandon) {
    const answer = confirmHold(held.holdId);
    check(answer, {
      'a held seat can be bought': ({ status }) => status === 201,
      'the price is that of the hold': (order) => order.status !== 201 || order.json('totalPrice') === held.totalPrice,
    });
    if (answer.status === 201) enterPromise(answer.json('tickets'));
  } else if (visitor % 2 === 0) {
    check(releaseHold(held.holdId), { 'a hold can be released': ({ status }) => status === 204 });
  }
}

export const teardown = closeBooks;
export const handleSummary = summaryOf('browse-and-buy', requests);
