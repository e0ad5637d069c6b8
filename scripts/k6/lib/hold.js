import { holdSeats, seatMap } from './api.js';
import { enterRefusal } from './books.js';
import { freeSeats } from './seats.js';

/** How many times a visitor tries when somebody else takes the seat first. */
const looks = 3;

/**
 * Holds a free seat in the zone. Different visitors choose different seats. Returns the hold, or undefined.
 * @param {number} zoneId
 * @param {number} visitor
 */
export function holdOneOf(zoneId, visitor) {
  for (let look = 0; look < looks; look++) {
    const map = seatMap(zoneId);
    const free = map.status === 200 ? freeSeats(map.json()) : [];
    if (free.length === 0) return undefined;
    const answer = holdSeats([free[visitor % free.length]]);
    if (answer.status === 201) return answer.json();
    if (answer.status !== 409) return undefined;
    enterRefusal(answer);
  }
  return undefined;
}
