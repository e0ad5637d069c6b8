/**
 * Everyone tries to buy the same seat at the same time, repeatedly. Exactly one of them gets it.
 *
 *   k6 run scripts/k6/contention.js
 *
 *   BASE_URL  http://localhost:8000   the load balancer
 *   EVENT_ID  Event1                  an event with a free seat; the script finds one
 *   BUYERS    200                     concurrent buyers
 *   ATTEMPTS  10                      attempts per buyer, one after another
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
  throw new Error('The event has no free seat');
}

export default function buyTheSeat({ event, seat }) {
  buyAndEnter(event.venueId, seat);
}

export const teardown = closeBooks;
export const handleSummary = summaryOf('contention', ['buy']);
