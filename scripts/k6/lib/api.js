import http from 'k6/http';
import { baseUrl, eventId } from './settings.js';

// A refusal is an answer; everything else from 400 on, a 503 too, is an error (http_req_failed).
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
 * What a GET of the query service answers; throws where it is not a 200.
 * @param {string} path
 */
export function read(path) {
  const answer = get('read', path);
  if (answer.status !== 200) throw new Error(`${answer.url} answered ${answer.status}: ${answer.body || answer.error}`);
  return answer.json();
}
