import http from 'k6/http';
import { baseUrl, eventId } from './settings.js';

// A 409 is an expected refusal; every other status from 400 up, including 503, counts as an error (http_req_failed).
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, 409));

const post = (name, path, body) =>
  http.post(`${baseUrl}/purchase/api/v1/${path}`, body && JSON.stringify(body), {
    headers: { 'content-type': 'application/json' },
    tags: { name },
  });

const get = (name, path) => http.get(`${baseUrl}/query/api/v1/${path}`, { tags: { name } });

export const buySeat = (venueId, seat) => post('buy', 'tickets', { venueId, eventId, ...seat });
export const holdSeats = (seats) => post('hold', 'holds', { eventId, seats });
export const confirmHold = (holdId) => post('confirm', `holds/${holdId}/confirm`);
export const releaseHold = (holdId) =>
  http.del(`${baseUrl}/purchase/api/v1/holds/${holdId}`, null, { tags: { name: 'release' } });
export const seatMap = (zoneId) => get('seats', `events/${eventId}/zones/${zoneId}/seats?form=rows`);

/**
 * Returns the body of a GET from the query service; throws unless the status is 200.
 * @param {string} path
 */
export function read(path) {
  const answer = get('read', path);
  if (answer.status !== 200) throw new Error(`GET ${answer.url} returned ${answer.status}: ${answer.body || answer.error}`);
  return answer.json();
}
