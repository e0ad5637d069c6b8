import fc from 'fast-check';
import type { DomainEvent, TicketsExchanged, TicketsPurchased } from '../../services/shared/events/domain-events.ts';
import { seatLabelOf } from '../../services/shared/terms/seat-label.ts';
import { cancelled, exchanged, purchasedOrder } from './purchases.ts';
import { unique } from './stores.ts';

/**
 * A domain event, numbered from 1 by its position: seats that are sold; all or part of an earlier sale that is cancelled; or part of an
 * earlier sale or exchange that is exchanged for other seats.
 */
export type Step =
  | { sold: string[] }
  | { cancels: number; positions?: number[] }
  | { exchanges: number; positions: number[]; to: string[] };

/**
 * Turns steps into domain events with new ids. A ticket costs as many dollars as its order's sequence number. "A1" is a seat with a
 * number, "A1x" one with a text; "G" has no seat.
 */
export function eventsOf(steps: Step[]): DomainEvent[] {
  const event = { eventId: unique('event'), venueId: 'Venue1', currency: 'USD' };
  const events: DomainEvent[] = [];
  const saleOf = (number: number) => events[number - 1] as TicketsPurchased | TicketsExchanged;
  for (const [at, step] of steps.entries()) {
    const sequence = at + 1;
    if ('cancels' in step) events.push(cancelled(saleOf(step.cancels), sequence, step.positions));
    else if ('exchanges' in step) events.push(exchanged(saleOf(step.exchanges), sequence, step.positions, step.to.map(placeOf)));
    else {
      const tickets = step.sold.map((seat) => ({ ...placeOf(seat), priceMinor: sequence * 100 }));
      events.push(purchasedOrder(event, { sequence, tickets }));
    }
  }
  return events;
}

const placeOf = (seat: string) =>
  seat === 'G' ? { zoneId: 2 } : { zoneId: 1, row: seat.charAt(0), column: seatLabelOf(seat.slice(1)) };

type Request = { seats: string[] } | { sale: number; positions: number[]; seats?: string[] };
/** A sale or an exchange: what it sold, the prices, what is left of it, and what the others were exchanged for. */
type Sale = { sequence: number; sold: string[]; prices: number[]; left: Set<number>; exchanged: Map<number, string> };

/** Simulates a box office that never sells a seat twice. Returns its steps and the final sales; it skips requests that it cannot fulfil. */
function boxOffice(requests: Request[]): { steps: Step[]; sales: Sale[] } {
  const steps: Step[] = [];
  const sales: Sale[] = [];
  const isFree = (seat: string) => !sales.some(({ sold, left }) => sold.some((other, at) => other === seat && left.has(at)));
  const onlyFree = (seats: string[], given: string[] = []) =>
    seats.filter((seat, at) => seat === 'G' || ((isFree(seat) || given.includes(seat)) && seats.indexOf(seat) === at));
  const add = (step: Step, sold: string[], prices: number[]) => {
    steps.push(step);
    sales.push({ sequence: steps.length, sold, prices, left: new Set(sold.keys()), exchanged: new Map() });
  };
  for (const request of requests) {
    if (!('sale' in request)) {
      const sold = onlyFree(request.seats);
      const price = steps.length + 1;
      if (sold.length > 0)
        add(
          { sold },
          sold,
          sold.map(() => price),
        );
      continue;
    }
    const sale = sales[request.sale % sales.length];
    const positions = request.positions.filter((at) => sale?.left.has(at));
    if (!sale || positions.length === 0) continue;
    if (!request.seats) {
      for (const at of positions) sale.left.delete(at);
      steps.push({ cancels: sale.sequence, positions });
      continue;
    }
    const to = onlyFree(
      request.seats,
      positions.map((at) => sale.sold[at] ?? ''),
    ).slice(0, positions.length);
    if (to.length < positions.length) continue;
    for (const [index, at] of positions.entries()) {
      sale.left.delete(at);
      sale.exchanged.set(at, `${steps.length + 1}.${index}`);
    }
    const prices = positions.map((at) => sale.prices[at] ?? 0);
    add({ exchanges: sale.sequence, positions, to }, to, prices);
  }
  return { steps, sales };
}

/** The state of the projection after all these steps. */
export function outcomeOf({ steps, sales }: ReturnType<typeof boxOffice>) {
  const tickets = sales.flatMap(({ sequence, sold, prices, left }) =>
    sold.map((seat, at) => ({
      name: `${sequence}.${at}`,
      zoneId: seat === 'G' ? 2 : 1,
      price: prices[at] ?? 0,
      isPaid: left.has(at),
    })),
  );
  const exchanges = sales.flatMap(({ sequence, exchanged: ofSale }) =>
    [...ofSale].map(([at, replacement]) => [`${sequence}.${at}`, replacement]),
  );
  const zones = Object.groupBy(tickets, ({ zoneId }) => zoneId);
  return {
    statuses: Object.fromEntries(tickets.map(({ name, isPaid }) => [name, isPaid ? 'PAID' : 'CANCELLED'])),
    exchanges: Object.fromEntries(exchanges),
    sales: Object.fromEntries(
      Object.entries(zones).map(([zoneId, ofZone = []]) => {
        const paid = ofZone.filter(({ isPaid }) => isPaid);
        return [zoneId, `${paid.length} for ${paid.reduce((sum, { price }) => sum + price, 0)}.0000`];
      }),
    ),
    conflicts: [],
    sequences: [...steps.keys()].map((at) => at + 1),
  };
}

const places = fc.constantFrom('A1', 'A2', 'B1x', 'G');
const positions = fc.subarray([0, 1, 2, 3], { minLength: 1 });
const requests = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ seats: fc.array(places, { minLength: 1, maxLength: 4 }) }),
    },
    { weight: 2, arbitrary: fc.record({ sale: fc.nat(), positions }) },
    { weight: 2, arbitrary: fc.record({ sale: fc.nat(), positions, seats: fc.array(places, { minLength: 1, maxLength: 4 }) }) },
  ),
  { minLength: 3, maxLength: 24, size: 'max' },
);

/** All steps of a box office, by position: some delivered twice, in any order, and in batches of any size. */
export const deliveries = requests.map(boxOffice).chain((office) =>
  fc.subarray([...office.steps.keys()]).chain((again) => {
    const all = [...office.steps.keys(), ...again];
    const order = fc.shuffledSubarray(all, { minLength: all.length });
    const ends = fc.subarray([...all.keys()]);
    return fc.tuple(order, ends).map(([positions, cuts]) => ({
      office,
      batches: [0, ...cuts].map((from, at) => positions.slice(from, cuts[at])).filter((batch) => batch.length > 0),
    }));
  }),
);
