import { parseMoney } from '../../services/shared/money.ts';
import type { Seat } from './hall.ts';

/** A ticket as a buyer was told of it, or as MySQL keeps it; `row` and `column` as in a seat. */
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
  /** Each ticket of each 2xx answer. */
  told: TicketFact[];
  /** Requests that got no answer, or one that says neither yes nor no: each of them may have sold a ticket. */
  failedRequests: number;
  /** What MySQL has of the event. */
  kept: TicketFact[];
  /** What the query service says that the tickets cost together. */
  revenue: string;
};

export type Verdict = {
  sold: number;
  /** Seats that somebody wanted and nobody got. */
  unsold: number;
  /** Buyers too many: each of them holds a seat that somebody else holds as well, that there is not, or that nobody asked for. */
  oversold: number;
  /** Tickets that were promised, and that MySQL does not have, or not like that. */
  lost: number;
  /** Sold by requests whose answers never came. */
  unanswered: number;
  revenue: { found: string; expected: bigint; isExact: boolean };
  /** Some of what is wrong, in words. */
  examples: string[];
  isRight: boolean;
};

const maxExamples = 5;

/**
 * Judges a sale by what its buyers hold and what MySQL keeps, seat by seat and ticket by ticket. A seat that one answer names
 * and another buyer's ticket has is oversold; tickets that no answer told of are, but for as many as requests failed.
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
  if (oversold > 0) report(`oversold: ${oversold} tickets in MySQL that nobody was told of, and no failed request explains`);
  const known = new Set(seats.map(({ zoneId, row, column }) => `${zoneId}/${row}/${column}`));
  // Each answer is a buyer, even where two of them name one ticket.
  const holders = Map.groupBy([...told, ...unanswered, ...elsewhere], seatOf);
  for (const [seat, { length }] of holders) {
    const tooMany = known.has(seat) ? length - 1 : length;
    oversold += tooMany;
    if (tooMany > 0) report(`oversold: seat ${seat} ${known.has(seat) ? `is held ${length} times` : 'does not exist'}`);
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

/** Undefined where an amount is finer than the currency's minor unit. */
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

/** The tickets of 2xx answers: each body is a ticket, or an order with its tickets. */
export const ticketsTold = (answers: string[]): TicketFact[] =>
  answers.flatMap((body) => {
    const answer = JSON.parse(body) as TicketFact | { tickets: TicketFact[] };
    return 'tickets' in answer ? answer.tickets : [answer];
  });
