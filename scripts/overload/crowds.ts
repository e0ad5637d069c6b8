import type { Inventory } from '../../services/purchase/seats/inventory.ts';
import { requestsOf } from '../flash-sale/crowd.ts';

/** Buyers who all ask for as much, and of whom everybody can have it. */
export type Crowd = {
  name: string;
  seatsEach: number;
  /** That the hall has for each buyer. */
  seatsForEach: number;
  requests(inventory: Inventory, buyers: number): { path: string; bodies: string[] };
};

const seed = 1;

/** Groups cost the system more than they cost the generator, which shares the machine: of those it can offer twice the peak. */
export const crowds: Crowd[] = [
  {
    name: 'one seat each, of their choice',
    seatsEach: 1,
    seatsForEach: 1,
    requests: (inventory, buyers) => requestsOf(inventory, { buyers, best: false, seed }),
  },
  {
    name: 'four seats each, the best of a zone',
    seatsEach: 4,
    // The last seats of a row are fewer than four.
    seatsForEach: 5,
    requests: ({ eventId, venueId, zones }, buyers) => ({
      path: '/purchase/api/v1/orders',
      bodies: Array.from({ length: buyers }, (_, at) =>
        JSON.stringify({ venueId, eventId, zoneId: zones[at % zones.length]?.zoneId, quantity: 4 }),
      ),
    }),
  },
];
