/**
 * A crowd that comes at once: a few buyers a second, then RATE a second for DURATION. Every seat is wanted by two of them at the
 * same moment, seat after seat; after the last seat they ask for the first again. In the end the query service has to count
 * exactly the tickets, and the money, that buyers were promised.
 *
 *   k6 run -e EVENT_ID=K6Sale scripts/k6/flash-sale.js
 *
 *   BASE_URL  http://localhost:8000   the load balancer
 *   EVENT_ID  Event1                  the event; one of its own, as this may sell it out (see arena.json)
 *   RATE      1000                    attempts a second at the peak
 *   DURATION  20s                     of the peak
 *   VUS       1000                    most requests at the same time
 */
import exec from 'k6/execution';
import { bookThresholds, buyAndEnter, closeBooks, openBooks } from './lib/books.js';
import { seatAt, seatedZones } from './lib/seats.js';
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
  return { ...books, zones: seatedZones(books.event.zones) };
}

export default function buyOne({ event, zones }) {
  // VUs share nothing but the number of this attempt.
  buyAndEnter(event.venueId, seatAt(zones, Math.floor(exec.scenario.iterationInTest / buyersPerSeat)));
}

export const teardown = closeBooks;
export const handleSummary = summaryOf('flash-sale', ['buy']);
