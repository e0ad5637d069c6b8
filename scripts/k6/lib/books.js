import { check, sleep } from 'k6';
import { Counter, Gauge } from 'k6/metrics';
import { buySeat, read } from './api.js';
import { eventId } from './settings.js';

/**
 * What buyers were promised, less what the query service counts in the end: above 0 a promise was not kept or a seat was
 * promised twice, below 0 something was sold that no buyer was told of, as their answer was lost.
 */
const ticketsOff = new Counter('tickets_off');
/** The same in money, in the currency's smallest unit. */
const revenueOff = new Counter('revenue_off');
const promised = new Counter('tickets_promised');
const refused = new Counter('refused');

const soldInRedis = new Gauge('sold_in_redis');
const soldInMysql = new Gauge('sold_in_mysql');

/** Nobody else may buy tickets of the event meanwhile. */
export const bookThresholds = { tickets_off: ['count==0'], revenue_off: ['count==0'] };

const settleSeconds = 30;
const pollSeconds = 0.25;

/** Money as the API writes it, in its smallest unit: "60.50" is 6050. */
const minor = (money) => Number(money.replace('.', ''));

/**
 * The event as it is: its catalogue, what is sold in Redis, and count and revenue in MySQL. To be called in setup.
 */
export function openBooks() {
  const event = read(`events/${eventId}`);
  const { available, sold } = read(`events/${eventId}/availability`);
  if (available === 0) throw new Error(`${eventId} has no free seats; open an event of its own for a run`);
  return { event, available, sold, ...readSales(event.venueId) };
}

function readSales(venueId) {
  const { count } = read(`tickets/count/${eventId}`);
  const { totalRevenue } = read(`tickets/revenue/${venueId}/${eventId}`);
  return { count, revenue: minor(totalRevenue) };
}

/**
 * Enters tickets that a buyer was promised with a 201.
 * @param {{ price: string }[]} tickets
 */
export function enterPromise(tickets) {
  promised.add(tickets.length);
  ticketsOff.add(tickets.length);
  revenueOff.add(tickets.reduce((sum, { price }) => sum + minor(price), 0));
}

/** Enters a 409, which has to say that the seat is taken. */
export function enterRefusal(answer) {
  refused.add(1);
  check(answer, { 'a refusal is SEAT_TAKEN': () => answer.json('code') === 'SEAT_TAKEN' });
}

/** Tries to buy a seat, and enters what came of it. */
export function buyAndEnter(venueId, seat) {
  const answer = buySeat(venueId, seat);
  if (answer.status === 201) enterPromise([answer.json()]);
  else if (answer.status === 409) enterRefusal(answer);
}

/**
 * Waits until MySQL has all that Redis sold, and balances it with what was promised. To be called in teardown.
 * @param {ReturnType<typeof openBooks>} before
 */
export function closeBooks(before) {
  const newInRedis = () => read(`events/${eventId}/availability`).sold - before.sold;
  let sales = readSales(before.event.venueId);
  for (let waited = 0; sales.count - before.count !== newInRedis() && waited < settleSeconds; waited += pollSeconds) {
    sleep(pollSeconds);
    sales = readSales(before.event.venueId);
  }
  soldInRedis.add(newInRedis());
  soldInMysql.add(sales.count - before.count);
  ticketsOff.add(before.count - sales.count);
  revenueOff.add(before.revenue - sales.revenue);
}
