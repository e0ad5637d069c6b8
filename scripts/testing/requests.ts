import type { InjectOptions } from 'fastify';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { deadlinesKey } from '../../services/shared/inventory/keys.ts';
import { asBuyerOf, asOperator } from './apps.ts';
import { accepted } from './purchase-app.ts';
import { redis } from './stores.ts';

/** A POST below /purchase/api/v1, with a JSON body, a text as it is, or no body. */
export function post(path: string, body?: unknown, headers: Record<string, string> = {}): InjectOptions {
  const request: InjectOptions = { method: 'POST', url: `/purchase/api/v1/${path}`, headers };
  if (body === undefined) return request;
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  return { ...request, headers: { 'content-type': 'application/json', ...headers }, payload };
}

/** A request with an Idempotency-Key. */
export const withKey = (request: InjectOptions, key: string): InjectOptions => ({
  ...request,
  headers: { ...request.headers, 'idempotency-key': key },
});

/** Seats as a request names them: "A1" of zone 1, "2/A1" of zone 2. */
export const seats = (...names: string[]) =>
  names.map((name) => {
    const [, zoneId = '1', row = '', column = ''] = /^(?:(\d+)\/)?([A-Za-z]+)(\d+)$/.exec(name) ?? [];
    return { zoneId: Number(zoneId), row, column };
  });

/** Tickets, or a hold's seats, as `seats` would name them. */
export const namesOf = (tickets: { zoneId: number; row: string; column: string }[]) =>
  tickets.map(({ zoneId, row, column }) => `${zoneId === 1 ? '' : `${zoneId}/`}${row}${column}`);

type EventOf = Pick<Inventory, 'eventId'>;

/** Requests that buy or hold an event's tickets: these seats, or any other fields for the body. */
export const order = ({ eventId }: EventOf, wanted: string[] | object) =>
  post('orders', { eventId, ...(Array.isArray(wanted) ? { seats: seats(...wanted) } : wanted) });
export const hold = ({ eventId }: EventOf, wanted: string[] | object) =>
  post('holds', { eventId, ...(Array.isArray(wanted) ? { seats: seats(...wanted) } : wanted) });
/** A purchase of the first of those seats. */
export const ticket = ({ venueId, eventId }: Inventory, { buyerId, seats: [seat] }: SeatsWanted) =>
  post('tickets', { venueId, eventId, buyerId, ...seat });

type SeatsWanted = { buyerId?: string; seats: ReturnType<typeof seats> };

/** Each POST that takes a chosen seat, with its name. */
export const takers: [string, (event: Inventory, wanted: SeatsWanted) => InjectOptions][] = [
  ['POST tickets', ticket],
  ['POST orders', order],
  ['POST holds', hold],
];

export const confirm = ({ holdId }: { holdId: string }) => post(`holds/${holdId}/confirm`);
export const extend = ({ holdId }: { holdId: string }) => post(`holds/${holdId}/extend`);
export const release = ({ holdId }: { holdId: string }): InjectOptions => ({
  method: 'DELETE',
  url: `/purchase/api/v1/holds/${holdId}`,
});
export const giveUp = ({ holdId }: { holdId: string }, ticketId: string): InjectOptions => ({
  method: 'DELETE',
  url: `/purchase/api/v1/holds/${holdId}/tickets/${ticketId}`,
});
export const cancel = ({ eventId, orderId }: EventOf & { orderId: string }, ticketIds?: string[]) =>
  post(`orders/${orderId}/cancel`, { eventId, ticketIds }, asBuyerOf(orderId));

/** The operator's request to exchange a ticket for another place. */
export const exchange = ({ eventId, orderId, ticketId }: EventOf & { orderId: string; ticketId: string }, place: object) =>
  byOperator(post(`orders/${orderId}/tickets/${ticketId}/exchange`, { eventId, ...place }));

/** The same request, sent by the operator. */
export const byOperator = (request: InjectOptions): InjectOptions => ({
  ...request,
  headers: { ...request.headers, ...asOperator },
});

/** Moves a hold's deadline (ms) into the past, as if time had passed; the scripts do the rest. */
export async function letExpire({ eventId, holdId }: EventOf & { holdId: string }, deadline = 1): Promise<void> {
  await redis.zadd(deadlinesKey(eventId), 'XX', deadline, holdId);
}

/** For each POST, a request that will succeed on an event of 10 × 10 seats, and takes nothing in rows B to J. */
export const readyRequests: Record<string, { status: number; ready: (event: Inventory) => Promise<InjectOptions> }> = {
  tickets: {
    status: 201,
    ready: async (event) => ticket(event, { seats: seats('A1') }),
  },
  orders: { status: 201, ready: async (event) => order(event, { zoneId: 1, quantity: 2 }) },
  holds: { status: 201, ready: async (event) => hold(event, { zoneId: 1, quantity: 2 }) },
  confirm: { status: 201, ready: async (event) => confirm(await accepted(hold(event, ['A1', 'A2']))) },
  extend: { status: 200, ready: async (event) => extend(await accepted(hold(event, ['A1', 'A2']))) },
  cancel: { status: 200, ready: async (event) => cancel(await accepted(order(event, ['A1', 'A2']))) },
};
