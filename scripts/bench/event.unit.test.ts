import { expect, it } from 'vitest';
import { newEvent, ordersOf, purchasesOf } from './event.ts';

const hall = { zones: 3, rows: 4, columns: 20 };
const seats = 240;

type Seat = { zoneId: number; row: string; column: number | string };
const nameOf = ({ zoneId, row, column }: Seat) => `${zoneId}/${row}/${column}`;

const all = [1, 2, 3].flatMap((zoneId) =>
  ['A', 'B', 'C', 'D'].flatMap((row) => Array.from({ length: 20 }, (_, at) => nameOf({ zoneId, row, column: at + 1 }))),
);

it('tries each seat once, in random order', () => {
  const tried = purchasesOf(newEvent(hall), seats).map((body) => nameOf(JSON.parse(body)));
  expect(tried.toSorted()).toEqual(all.toSorted());
  expect(purchasesOf(newEvent(hall), seats).map((body) => nameOf(JSON.parse(body)))).not.toEqual(tried);
});

it('refuses to try more seats than there are', () => {
  expect(() => purchasesOf(newEvent(hall), seats + 1)).toThrow('cannot sell 241 of 240 seats');
});

it('orders each seat once, ten at a time', () => {
  const orders = ordersOf(newEvent(hall)).map((body) => (JSON.parse(body) as { seats: Seat[] }).seats);
  expect(orders.map((order) => order.length)).toEqual(Array(seats / 10).fill(10));
  expect(orders.flat().map(nameOf).toSorted()).toEqual(all.toSorted());
});
