/**
 * Everyone wants the same seat, at once and again and again: exactly one of them gets it.
 *
 *   k6 run scripts/k6/contention.js
 *
 *   BASE_URL  http://localhost:8000   the load balancer
 *   EVENT_ID  Event1                  an event with a free seat; which one is found out
 *   BUYERS    200                     who ask at the same time
 *   ATTEMPTS  10                      of each of them, one after another
 */
import { seatMap } from './lib/api.js';
import { bookThresholds, buyAndEnter, closeBooks, openBooks } from './lib/books.js';
import { freeSeats, seatedZones } from './lib/seats.js';
import { common, number, thresholdsOf } from './lib/settings.js';
import { summaryOf } from './lib/summary.js';

export const options = {
  ...common,
  scenarios: {
    everyone: { executor: 'per-vu-iterations', vus: number('BUYERS', 200), iterations: number('ATTEMPTS', 10) },
  },
  thresholds: { tickets_promised: ['count==1'], ...thresholdsOf('buy'), ...bookThresholds, checks: ['rate==1'] },
};

export function setup() {
  const books = openBooks();
  for (const { zoneId } of seatedZones(books.event.zones).reverse()) {
    const seat = freeSeats(seatMap(zoneId).json()).pop();
    if (seat) return { ...books, seat };
  }
  throw new Error('No seat is free');
}

export default function buyTheSeat({ event, seat }) {
  buyAndEnter(event.venueId, seat);
}

export const teardown = closeBooks;
export const handleSummary = summaryOf('contention', ['buy']);
