import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { requestsOf } from '../flash-sale/crowd.ts';

/** Buyers who all ask for the same number of seats. The hall has enough for everybody. */
export type Crowd = {
  name: string;
  seatsEach: number;
  /** Seats in the hall per buyer. */
  seatsForEach: number;
  requests(inventory: Inventory, buyers: number): { path: string; bodies: string[] };
};

const seed = 1;

/** Groups cost the system more than the generator, which shares the machine, so for groups it can offer twice the peak. */
export const crowds: Crowd[] = [
  {
    name: 'one chosen seat each',
    seatsEach: 1,
    seatsForEach: 1,
    requests: (inventory, buyers) => requestsOf(inventory, { buyers, best: false, seed }),
  },
  {
    name: 'four adjacent seats each, the best in a zone',
    seatsEach: 4,
    // More than four, because up to three seats at the end of a row stay free.
    seatsForEach: 5,
    requests: ({ eventId, venueId, zones }, buyers) => ({
      path: '/purchase/api/v1/orders',
      bodies: Array.from({ length: buyers }, (_, at) =>
        JSON.stringify({ venueId, eventId, zoneId: zones[at % zones.length]?.zoneId, quantity: 4 }),
      ),
    }),
  },
];
