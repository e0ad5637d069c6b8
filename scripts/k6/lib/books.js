import { check, sleep } from 'k6';
import { Counter, Gauge } from 'k6/metrics';
import { buySeat, read } from './api.js';
import { eventId } from './settings.js';

/**
 * Tickets promised to buyers, minus those that the query service counts at the end. Above 0, a promise was not kept or a seat was
 * promised twice. Below 0, a ticket was sold whose answer was lost.
 */
const ticketsOff = new Counter('tickets_off');
/** The same for revenue, in the currency's smallest unit. */
const revenueOff = new Counter('revenue_off');
const promised = new Counter('tickets_promised');
const refused = new Counter('refused');

const soldInRedis = new Gauge('sold_in_redis');
const soldInMysql = new Gauge('sold_in_mysql');

/** These hold only if nobody else buys tickets for the event during the run. */
export const bookThresholds = { tickets_off: ['count==0'], revenue_off: ['count==0'] };

const settleSeconds = 30;
const pollSeconds = 0.25;

/** Converts an amount from the API to the currency's smallest unit: "60.50" is 6050. */
const minor = (money) => Number(money.replace('.', ''));

/**
 * Reads the event's catalogue, its sales in Redis, and its count and revenue in MySQL. Call it in setup.
 */
export function openBooks() {
  const event = read(`events/${eventId}`);
  const { available, sold } = read(`events/${eventId}/availability`);
  if (available === 0) throw new Error(`${eventId} has no free seats; open a separate event for each run`);
  return { event, available, sold, ...readSales(event.venueId) };
}

function readSales(venueId) {
  const { count } = read(`tickets/count/${eventId}`);
  const { totalRevenue } = read(`tickets/revenue/${venueId}/${eventId}`);
  return { count, revenue: minor(totalRevenue) };
}

/**
 * Records tickets that a 201 promised to a buyer.
 * @param {{ price: string }[]} tickets
 */
export function enterPromise(tickets) {
  promised.add(tickets.length);
  ticketsOff.add(tickets.length);
  revenueOff.add(tickets.reduce((sum, { price }) => sum + minor(price), 0));
}

/** Records a 409, whose code must be SEAT_TAKEN. */
export function enterRefusal(answer) {
  refused.add(1);
  check(answer, { 'a refusal is SEAT_TAKEN': () => answer.json('code') === 'SEAT_TAKEN' });
}

/** Tries to buy a seat and records the result. */
export function buyAndEnter(venueId, seat) {
  const answer = buySeat(venueId, seat);
  if (answer.status === 201) enterPromise([answer.json()]);
  else if (answer.status === 409) enterRefusal(answer);
}

/**
 * Waits until MySQL has everything that Redis sold, and compares it with the promises. Call it in teardown.
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
