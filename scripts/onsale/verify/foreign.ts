import type { Differences } from './differences.ts';

/** Where an event takes place and what it is paid in: one of each, for all of its tickets. */
export type Terms = { venueId: string; currency: string };

/** Reports a live ticket that was sold for another venue or in another currency than its event's, as `store` has both. */
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
      () => `${name()} is in ${ticket.currency} in ${store}, and its event in ${terms.currency}: sums and revenue mix currencies`,
    );
  }
  if (ticket.venueId !== terms.venueId) {
    differences.add(
      'tickets of a foreign venue',
      () => `${name()} is for venue ${ticket.venueId} in ${store}, and its event at ${terms.venueId}`,
    );
  }
}

/** Reports that Redis and MySQL do not have an event at the same venue or in the same currency. */
export function compareTerms(inRedis: Terms, inMysql: Terms, differences: Differences): void {
  for (const [what, here, there] of [
    ['venue', inRedis.venueId, inMysql.venueId],
    ['currency', inRedis.currency, inMysql.currency],
  ] as const) {
    if (here === there) continue;
    differences.add('events whose stores disagree', () => `the event's ${what} is ${here} in Redis and ${there} in MySQL`);
  }
}
