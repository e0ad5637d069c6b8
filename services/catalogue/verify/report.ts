import { countOf } from '../../shared/basics/text.ts';
import { movingRefunds } from '../../shared/payments/progress.ts';
import type { EventPayments } from '../../shared/payments/read-payments.ts';
import type { Database } from '../../shared/stores/database.ts';
import { plainDecimal } from '../../shared/terms/money.ts';

/**
 * `differences`: a line each, with its meaning, at most twenty of a kind. `inFlight`: domain events that Redis has numbered, MySQL has
 * not applied yet, and that are on their way.
 */
export type Verification = {
  eventId: string;
  differences: string[];
  /** How many differences there are, including those without a line. */
  count: number;
  inFlight: number;
  /** Redis' last sequence number when this began: all up to it was compared. */
  sequence: number;
  /** Tickets held; tickets that only MySQL has, while their cancellation is on its way; zones that changed meanwhile. */
  held: number;
  awaited: number;
  selling: number;
  payments: EventPayments;
  summary: string;
  /** Live tickets in MySQL, and the sum of their prices, a decimal. */
  tickets: number;
  revenue: string;
};

/** Enough to see what is wrong, however many there are. */
const maxExamples = 20;
const maxSummaryCharacters = 1_000;

export type Differences = ReturnType<typeof createDifferences>;

/** Collects differences: the first twenty of each kind, and how many there are. */
export function createDifferences() {
  const kinds = new Map<string, { count: number; examples: string[] }>();
  return {
    /** Calls `line` only if it is shown. */
    add(kind: string, line: () => string): void {
      const ofKind = kinds.get(kind) ?? { count: 0, examples: [] };
      kinds.set(kind, ofKind);
      ofKind.count++;
      if (ofKind.examples.length < maxExamples) ofKind.examples.push(line());
    },
    count: () => kinds.values().reduce((sum, { count }) => sum + count, 0),
    lines: () =>
      [...kinds].flatMap(([kind, { count, examples }]) =>
        count > examples.length
          ? [...examples, `… and ${(count - examples.length).toLocaleString('en-US')} more: ${kind}`]
          : examples,
      ),
  };
}

/** One line about an event: what was compared, and what is still changing. */
export function summaryOf(of: {
  eventId: string;
  currency: string;
  tickets: number;
  revenue: string;
  applied: number;
  differences: number;
  held: number;
  inFlight: number;
  awaited: number;
  selling: number;
  payments: EventPayments;
  note: string | undefined;
}): string {
  const { eventId, currency, tickets, revenue, applied, differences, held, inFlight, awaited, selling, payments, note } = of;
  const what = `${eventId}: ${countOf(tickets, 'ticket')} for ${plainDecimal(revenue, currency)} ${currency}, ${countOf(applied, 'domain event')}`;
  const rest = [
    differences === 0 ? 'nothing missing, nothing twice' : countOf(differences, 'difference'),
    ...(held > 0 ? [`${countOf(held, 'ticket')} held`] : []),
    ...(inFlight > 0 ? [`${countOf(inFlight, 'domain event')} in flight`] : []),
    ...(awaited > 0 ? [`${countOf(awaited, 'ticket')} that they will cancel`] : []),
    ...(selling > 0 ? [`${countOf(selling, 'zone')} still selling, only partly compared`] : []),
    ...paymentsText(payments, currency),
    ...(note === undefined ? [] : [note]),
  ];
  return `${what}, ${rest.join('; ')}`;
}

/** How many refunds are on their way. */
export const countRefunding = ({ refunds }: Pick<EventPayments, 'refunds'>) =>
  movingRefunds.reduce((sum, state) => sum + (refunds[state] ?? 0), 0);

function paymentsText(payments: EventPayments, currency: string): string[] {
  const { captured, refunded, refunding, checkouts, unfinished } = payments;
  const isPaid = Object.values(checkouts).some((count) => count > 0);
  const moving = countRefunding(payments);
  return [
    ...(isPaid ? [`${captured} ${currency} paid through checkout, ${refunded} refunded`] : []),
    ...(unfinished > 0 ? [`${countOf(unfinished, 'checkout')} in progress`] : []),
    ...(moving > 0 ? [`${countOf(moving, 'refund')} on the way, ${refunding} ${currency}`] : []),
  ];
}

/** Stores a verification as the last one of its event, for the operator's page. */
export async function recordVerification(db: Database, startedAt: Date, verification: Verification): Promise<void> {
  const { eventId, count, tickets, revenue, summary } = verification;
  const found = {
    verified_on: startedAt,
    differences: count,
    tickets,
    revenue,
    summary: summary.slice(0, maxSummaryCharacters),
  };
  await db
    .insertInto('verifications')
    .values({ event_id: eventId, ...found })
    .onDuplicateKeyUpdate(found)
    .execute();
}
