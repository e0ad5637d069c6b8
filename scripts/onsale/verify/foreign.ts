import type { Differences } from './differences.ts';

/** An event's venue and currency: one of each, for all of its tickets. */
export type Terms = { venueId: string; currency: string };

/** Reports a live ticket whose venue or currency is not that of its event, with both as in `store`. */
export function reportForeign(
  store: 'Redis' | 'MySQL',
  terms: Terms,
  ticket: Terms & { ticketId: string; orderId: string },
  differences: Differences,
): void {
  const name = () => `ticket ${ticket.ticketId} of order ${ticket.orderId}`;
  if (ticket.currency !== terms.currency) {
    differences.add(
      'tickets in a foreign currency',
      () => `${name()} is in ${ticket.currency} in ${store}, but its event in ${terms.currency}: sums and revenue mix currencies`,
    );
  }
  if (ticket.venueId !== terms.venueId) {
    differences.add(
      'tickets of a foreign venue',
      () => `${name()} is for venue ${ticket.venueId} in ${store}, but its event is at ${terms.venueId}`,
    );
  }
}

/** Reports a venue or currency of an event that differs between Redis and MySQL. */
export function compareTerms(inRedis: Terms, inMysql: Terms, differences: Differences): void {
  for (const [what, here, there] of [
    ['venue', inRedis.venueId, inMysql.venueId],
    ['currency', inRedis.currency, inMysql.currency],
  ] as const) {
    if (here === there) continue;
    differences.add('events whose stores disagree', () => `the event's ${what} is ${here} in Redis and ${there} in MySQL`);
  }
}
