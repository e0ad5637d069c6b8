import { parseMoney } from '../../services/shared/terms/money.ts';
import type { Seat } from './hall.ts';

/** A ticket from a buyer's answer or from MySQL; `row` and `column` as in a seat. */
export type TicketFact = {
  ticketId: string;
  zoneId: number;
  row: string | null;
  column: string | null;
  status: string;
  price: string;
  currency: string;
};

export type Facts = {
  seats: Seat[];
  currency: string;
  buyers: number;
  /** Every ticket in every 2xx answer. */
  told: TicketFact[];
  /** Requests with no answer, or one that means neither yes nor no. Each may have sold a ticket. */
  failedRequests: number;
  /** The event's tickets in MySQL. */
  kept: TicketFact[];
  /** The event's revenue according to the query service. */
  revenue: string;
};

export type Verdict = {
  sold: number;
  /** Seats that somebody wanted and nobody got. */
  unsold: number;
  /** Excess tickets: for a seat that somebody else has too, that does not exist, or that nobody asked for. */
  oversold: number;
  /** Promised tickets that MySQL does not have, or has differently. */
  lost: number;
  /** Tickets sold by requests whose answers never came. */
  unanswered: number;
  revenue: { found: string; expected: bigint; isExact: boolean };
  /** Some of the faults, in words. */
  examples: string[];
  isRight: boolean;
};

const maxExamples = 5;

/**
 * Judges a sale by comparing its buyers' answers with the tickets in MySQL, seat by seat and ticket by ticket. A seat that one
 * answer names and another buyer's ticket has is oversold. Tickets that no answer named are oversold too, except for as many as
 * there were failed requests, which may have sold them.
 */
export function judge({ seats, currency, buyers, told, failedRequests, kept, revenue }: Facts): Verdict {
  const examples: string[] = [];
  const report = (what: string) => {
    if (examples.length < maxExamples) examples.push(what);
  };

  const keptById = new Map(kept.map((ticket) => [ticket.ticketId, ticket]));
  let lost = 0;
  for (const ticket of told) {
    const found = keptById.get(ticket.ticketId);
    if (found?.status === 'PAID' && seatOf(found) === seatOf(ticket) && costsTheSame(found, ticket)) continue;
    lost++;
    report(`lost: ${ticket.ticketId}, ${describe(ticket)}; MySQL has ${found ? describe(found) : 'no such ticket'}`);
  }

  const toldSeats = new Map(told.map((ticket) => [ticket.ticketId, seatOf(ticket)]));
  const live = kept.filter(({ status }) => status === 'PAID');
  const untold = live.filter(({ ticketId }) => !toldSeats.has(ticketId));
  const unanswered = untold.slice(0, failedRequests);
  const elsewhere = live.filter((ticket) => toldSeats.has(ticket.ticketId) && toldSeats.get(ticket.ticketId) !== seatOf(ticket));

  let oversold = untold.length - unanswered.length;
  if (oversold > 0) report(`oversold: ${oversold} tickets in MySQL that no answer named and no failed request explains`);
  const known = new Set(seats.map(({ zoneId, row, column }) => `${zoneId}/${row}/${column}`));
  // Each answer counts as one buyer, even if two answers name the same ticket.
  const holders = Map.groupBy([...told, ...unanswered, ...elsewhere], seatOf);
  for (const [seat, { length }] of holders) {
    const tooMany = known.has(seat) ? length - 1 : length;
    oversold += tooMany;
    if (tooMany > 0) report(`oversold: seat ${seat} ${known.has(seat) ? `was sold ${length} times` : 'does not exist'}`);
  }

  const expected = [...told, ...unanswered].reduce((sum, { price }) => sum + (minorUnits(price, currency) ?? 0n), 0n);
  const isExact = minorUnits(revenue, currency) === expected;
  const sold = told.length;
  const unsold = Math.max(0, Math.min(buyers, seats.length) - sold - unanswered.length);
  return {
    sold,
    unsold,
    oversold,
    lost,
    unanswered: unanswered.length,
    revenue: { found: revenue, expected, isExact },
    examples,
    isRight: oversold === 0 && lost === 0 && isExact && unsold === 0,
  };
}

/** Undefined if the amount is finer than the currency's minor unit. */
function minorUnits(price: string, currency: string): bigint | undefined {
  try {
    return parseMoney(price, currency);
  } catch {
    return undefined;
  }
}

function costsTheSame(found: TicketFact, { price, currency }: TicketFact): boolean {
  return found.currency === currency && minorUnits(found.price, currency) === minorUnits(price, currency);
}

const seatOf = ({ zoneId, row, column }: TicketFact) => `${zoneId}/${row}/${column}`;

const describe = (ticket: TicketFact) => `${ticket.status} at ${seatOf(ticket)} for ${ticket.price} ${ticket.currency}`;

/** The tickets in the bodies of 2xx answers; each body is a ticket or an order. */
export const ticketsTold = (answers: string[]): TicketFact[] =>
  answers.flatMap((body) => {
    const answer = JSON.parse(body) as TicketFact | { tickets: TicketFact[] };
    return 'tickets' in answer ? answer.tickets : [answer];
  });
