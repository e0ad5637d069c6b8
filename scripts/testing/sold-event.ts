import { projectDomainEvents } from '../../services/persistence/projections/project.ts';
import { startWorker } from '../../services/persistence/worker.ts';
import { createOutbox } from '../../services/purchase/outbox/outbox.ts';
import type { SeatRequest } from '../../services/purchase/seats/purchase.ts';
import { sendDeadLetters } from '../../services/shared/events/dead-letters.ts';
import type { DomainEvent } from '../../services/shared/events/domain-events.ts';
import type { QueueReader } from '../../services/shared/events/queue-reader.ts';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import type { OrderInRedis } from '../../services/shared/inventory/order.ts';
import type { System } from '../onsale/system.ts';
import { seats } from './seats.ts';
import { silentLogger } from './silent-logger.ts';
import { createMessaging, db, openTestEvent, redis, seatedZone, sns, sqs, unique } from './stores.ts';

/** The stores of this run, with a topic and queues of the test's own. */
export const testSystem = async (): Promise<System> => ({ db, redis, messaging: { sns, sqs, ...(await createMessaging()) } });

/** Opens an event with a zone of 10 × 10 and one of 50 places without seats. */
export const openHall = () => openTestEvent({ zones: [seatedZone(1, 10, 10), { zoneId: 2, capacity: 50, priceMinor: 2_050 }] });

export async function sell(event: Inventory, request: SeatRequest, buyerId?: string): Promise<OrderInRedis> {
  const sold = await seats.sell({ eventId: event.eventId, venueId: event.venueId, request, buyerId });
  if (sold.kind !== 'sold') throw new Error(`not sold: ${JSON.stringify(sold)}`);
  return sold.order;
}

/** Exchanges an order's ticket, by position, for a seat in zone 1 or a place in zone 2. Returns the order. */
export async function exchange(
  { eventId }: Inventory,
  { orderId, tickets }: OrderInRedis,
  position: number,
  seat?: { row: string; column: number },
): Promise<OrderInRedis> {
  const place = seat ? { zoneId: 1, ...seat } : { zoneId: 2 };
  const exchanged = await seats.exchangeTicket({ eventId, orderId, ticketId: tickets[position]?.ticketId ?? '', place });
  if (exchanged.kind !== 'exchanged') throw new Error(`not exchanged: ${JSON.stringify(exchanged)}`);
  return exchanged.order;
}

export const rowSeats = (row: string, ...columns: number[]) => ({ seats: columns.map((column) => ({ zoneId: 1, row, column })) });

/**
 * An event with sold, cancelled and held tickets, projected into MySQL: domain events 1 to 5. The first sells seats A1 to A3 to Ann,
 * the second A4 without a buyer. A2 was cancelled and sold again.
 */
export async function soldEvent(): Promise<{ event: Inventory; first: OrderInRedis; second: OrderInRedis }> {
  const event = await openHall();
  const { eventId, venueId } = event;
  const first = await sell(event, rowSeats('A', 1, 2, 3), 'Ann');
  const second = await sell(event, rowSeats('A', 4));
  await sell(event, { zoneId: 2, quantity: 2, split: false }, 'Ann');
  await seats.cancelOrder({ eventId, orderId: first.orderId, ticketIds: [first.tickets[1]?.ticketId ?? ''] });
  await sell(event, rowSeats('A', 2), 'Bob');
  await seats.hold({ eventId, venueId, request: rowSeats('B', 1, 2), buyerId: 'Bob' });
  await project(event);
  return { event, first, second };
}

/** Takes the new domain events from the outbox, as the relay does. Returns them, for the test to apply or lose. */
export async function takeNew({ eventId }: Inventory): Promise<DomainEvent[]> {
  const outbox = createOutbox(redis, unique('task'));
  const { ids, domainEvents } = await outbox.readNew(eventId, 1_000);
  if (ids.length > 0) await outbox.acknowledge(eventId, ids);
  return domainEvents.map(({ json }) => JSON.parse(json) as DomainEvent);
}

/** Applies the new domain events in the outbox. */
export const project = async (event: Inventory) => await projectDomainEvents(db, await takeNew(event));

/** Starts a worker on a system's queue; stopped with `resources`. */
export function startTestWorker(
  { messaging: { queueUrl, deadLetterQueueUrl } }: System,
  resources: AsyncDisposableStack,
): QueueReader {
  const worker = startWorker({
    sqs,
    queueUrl,
    project: (events) => projectDomainEvents(db, events),
    reject: (rejected) => sendDeadLetters(sqs, deadLetterQueueUrl, rejected, silentLogger),
    logger: silentLogger,
  });
  resources.defer(() => worker.stop());
  return worker;
}
