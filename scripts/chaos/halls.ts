import { type EventDocument, type EventPlan, parseEventFile } from '../../services/shared/inventory/plan/event-file.ts';

/** Shorter than most outages, so that many holds expire during one. */
const holdSeconds = 2;
/** Somebody who pays needs time to get to the checkout. */
const holdSecondsToPay = 20;
const ticketsPerBuyer = 6;

/**
 * The file of the run's event number `at`, from 1: two small blocks and general admission, with fewer places than buyers want. Every
 * third event limits the tickets per buyer. `isPaid`: its tickets are sold through checkout only.
 */
export const fileOf = (at: number, isPaid = false): EventDocument => ({
  venue: { venueId: 'ChaosHall', name: 'A hall' },
  event: {
    eventId: `Chaos${at}`,
    name: `Evening ${at}`,
    onSaleAt: '2026-01-01T00:00:00Z',
    currency: 'USD',
    holdSeconds: isPaid ? holdSecondsToPay : holdSeconds,
    ...(isPaid && { payment: 'required' as const }),
    ...(at % 3 === 0 && { ticketsPerBuyer }),
  },
  zones: [
    { zoneId: 1, name: 'Stalls', rows: 8, columns: 12, price: '100.00' },
    { zoneId: 2, name: 'Balcony', rows: 4, columns: 9, price: '75.50' },
    { zoneId: 3, name: 'Standing', capacity: 60, price: '20.25' },
  ],
});

export const planHall = (at: number, isPaid = false): EventPlan => parseEventFile(JSON.stringify(fileOf(at, isPaid)));
