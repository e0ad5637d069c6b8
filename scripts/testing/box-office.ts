import fc from 'fast-check';
import type { DomainEvent, TicketsPurchased } from '../../services/shared/events/domain-events.ts';
import { cancelled, purchasedOrder } from './purchases.ts';
import { unique } from './stores.ts';

/** A domain event, numbered from 1 by its position: seats that are sold, or all or part of an earlier sale that is cancelled. */
export type Step = { sold: string[] } | { cancels: number; positions?: number[] };

/** Turns steps into domain events with new ids. A ticket costs as many dollars as its sale's sequence number; "G" has no seat. */
export function eventsOf(steps: Step[]): DomainEvent[] {
  const event = { eventId: unique('event'), venueId: 'Venue1', currency: 'USD' };
  const events: DomainEvent[] = [];
  for (const [at, step] of steps.entries()) {
    const sequence = at + 1;
    const priceMinor = sequence * 100;
    if ('cancels' in step) {
      events.push(cancelled(events[step.cancels - 1] as TicketsPurchased, sequence, step.positions));
      continue;
    }
    const tickets = step.sold.map((seat) =>
      seat === 'G' ? { zoneId: 2, priceMinor } : { zoneId: 1, row: seat.charAt(0), column: Number(seat.slice(1)), priceMinor },
    );
    events.push(purchasedOrder(event, { sequence, tickets }));
  }
  return events;
}

type Request = { seats: string[] } | { sale: number; positions: number[] };
type Sale = { sequence: number; sold: string[]; left: Set<number> };

/** Simulates a box office that never sells a seat twice. Returns its steps and the final sales; it skips requests that it cannot fulfil. */
function boxOffice(requests: Request[]): { steps: Step[]; sales: Sale[] } {
  const steps: Step[] = [];
  const sales: Sale[] = [];
  const isFree = (seat: string) => !sales.some(({ sold, left }) => sold.some((other, at) => other === seat && left.has(at)));
  for (const request of requests) {
    if ('seats' in request) {
      const sold = request.seats.filter((seat, at) => seat === 'G' || (isFree(seat) && request.seats.indexOf(seat) === at));
      if (sold.length === 0) continue;
      steps.push({ sold });
      sales.push({ sequence: steps.length, sold, left: new Set(sold.keys()) });
    } else {
      const sale = sales[request.sale % sales.length];
      const positions = request.positions.filter((at) => sale?.left.has(at));
      if (!sale || positions.length === 0) continue;
      for (const at of positions) sale.left.delete(at);
      steps.push({ cancels: sale.sequence, positions });
    }
  }
  return { steps, sales };
}

/** The state of the projection after all these steps. */
export function outcomeOf({ steps, sales }: ReturnType<typeof boxOffice>) {
  const tickets = sales.flatMap(({ sequence, sold, left }) =>
    sold.map((seat, at) => ({ name: `${sequence}.${at}`, zoneId: seat === 'G' ? 2 : 1, price: sequence, isPaid: left.has(at) })),
  );
  const zones = Object.groupBy(tickets, ({ zoneId }) => zoneId);
  return {
    statuses: Object.fromEntries(tickets.map(({ name, isPaid }) => [name, isPaid ? 'PAID' : 'CANCELLED'])),
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

const requests = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ seats: fc.array(fc.constantFrom('A1', 'A2', 'B1', 'G'), { minLength: 1, maxLength: 4 }) }),
    },
    { weight: 2, arbitrary: fc.record({ sale: fc.nat(), positions: fc.subarray([0, 1, 2, 3], { minLength: 1 }) }) },
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
