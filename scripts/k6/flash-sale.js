/**
 * A sudden crowd: a few buyers per second, then RATE per second for DURATION. Two buyers at a time want the same seat, seat by
 * seat; after the last seat they start again at the first. At the end, the tickets and the revenue that the query service counts
 * must be exactly those that buyers were promised.
 *
 *   k6 run -e EVENT_ID=K6Sale scripts/k6/flash-sale.js
 *
 *   BASE_URL  http://localhost:8000   the load balancer
 *   EVENT_ID  Event1                  the event; use a separate one, since this may sell it out (see arena.json)
 *   RATE      1000                    attempts per second at the peak
 *   DURATION  20s                     duration of the peak
 *   VUS       1000                    the most concurrent requests
 */
import exec from 'k6/execution';
import { bookThresholds, buyAndEnter, closeBooks, openBooks } from './lib/books.js';
import { gridZones, seatAt } from './lib/seats.js';
import { common, number, thresholdsOf } from './lib/settings.js';
import { summaryOf } from './lib/summary.js';

const rate = number('RATE', 1_000);
const calmRate = Math.ceil(rate / 20);
const vus = number('VUS', 1_000);
const buyersPerSeat = 2;

export const options = {
  ...common,
  scenarios: {
    crowd: {
      executor: 'ramping-arrival-rate',
      startRate: calmRate,
      preAllocatedVUs: vus,
      stages: [
        { target: calmRate, duration: '5s' },
        { target: rate, duration: '1s' },
        { target: rate, duration: __ENV.DURATION || '20s' },
        { target: 0, duration: '1s' },
      ],
    },
  },
  thresholds: { ...thresholdsOf('buy'), ...bookThresholds, checks: ['rate==1'] },
};

export function setup() {
  const books = openBooks();
  return { ...books, zones: gridZones(books.event.zones) };
}

export default function buyOne({ event, zones }) {
  // The number of the attempt is the only state that VUs share.
  buyAndEnter(event.venueId, seatAt(zones, Math.floor(exec.scenario.iterationInTest / buyersPerSeat)));
}

export const teardown = closeBooks;
export const handleSummary = summaryOf('flash-sale', ['buy']);
