import http from 'k6/http';
import { baseUrl, eventId, paymentsUrl } from './settings.js';

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

const ofCheckout = (path) => `${baseUrl}/checkout/api/v1/checkouts${path}`;
const asJson = { 'content-type': 'application/json' };
export const openCheckout = (holdId, email) =>
  http.post(ofCheckout(''), JSON.stringify({ holdId, email }), { headers: asJson, tags: { name: 'checkout' } });
export const readCheckout = (checkoutId, token) =>
  http.get(ofCheckout(`/${checkoutId}?settle=true`), { headers: { 'checkout-token': token }, tags: { name: 'state' } });
export const payAgain = (checkoutId, token) =>
  http.post(ofCheckout(`/${checkoutId}/payments`), '{}', {
    headers: { ...asJson, 'checkout-token': token },
    tags: { name: 'checkout' },
  });

/**
 * What a buyer does at the page of the local payment provider: `succeed` or `decline`.
 * @param {{ provider: string, clientSecret?: string, payUrl?: string }} payment
 * @param {string} act
 */
export function actAtProvider({ provider, clientSecret, payUrl }, act) {
  const ref = provider === 'stripe' ? clientSecret.split('_secret')[0] : payUrl.split('/').pop();
  http.post(`${paymentsUrl}/test/payments/${ref}/${act}`, null, { tags: { name: 'provider' } });
}

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
