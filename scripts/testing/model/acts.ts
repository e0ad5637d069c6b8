import type { HoldingClient } from '../../../services/purchase/seats/purchase.ts';
import type { Pay, SaleState } from './requests.ts';

/**
 * An action, described so that it has a meaning in any state: numbers choose among the holds, orders or requests that exist then, 0 is
 * the latest. So a sequence still makes sense when fast-check removes steps from it.
 */
export type Act =
  | TakeAct
  | { does: 'confirm'; hold: HoldAct; isSeller: boolean; pays: number; keyed: boolean }
  | { does: 'extend' | 'release'; hold: HoldAct; keyed: boolean }
  | PayAct
  | { does: 'give up'; hold: HoldAct; ticket: Ticket }
  | { does: 'cancel'; order: number | 'unknown'; tickets: Ticket[]; isBlocking: boolean; isCheckout: boolean; keyed: boolean }
  | { does: 'exchange'; order: number | 'unknown'; ticket: Ticket; place: SeatAct | { zone: number }; keyed: boolean }
  | { does: 'block' | 'unblock'; seats: SeatAct[] }
  | { does: 'retry'; request: number; as: 'the same' | 'another' }
  | { does: 'sweep' };

export type TakeAct = {
  does: 'sell' | 'hold';
  items: ItemAct[];
  lowerCase: boolean;
  buyer: Buyer;
  client: HoldingClient | undefined;
  venue: 'right' | 'wrong' | 'any';
  promotion: string | undefined;
  /** Of who may sell. */
  mayTakeBlocked: boolean;
  /** Chance decides with this number whether the request says how it was paid (request-of.ts). */
  pays: number;
  keyed: boolean;
};

/** What checkout asks for; `attempt` is relative to the newest that the hold knows. */
export type PayAct = { does: Pay['does']; hold: HoldAct; attempt: 'older' | 'newest' | 'newer' };

type Buyer = (typeof buyers)[number];
export type HoldAct = { of: 'unsold' | 'paid' | 'all' | 'ever'; at: number } | 'unknown';
export type Ticket = number | 'unknown';
export type SeatAct = { from: 'free' | 'lost' | 'taken' | 'blocked' | 'unknown'; at: number };
/** Types, categories and promotions by their place in the event's lists; one too high does not exist. */
export type ChosenAct = { seat: SeatAct; type: number | undefined };
export type BestAct = {
  zone: number;
  quantity: number;
  split: boolean;
  types: (number | undefined)[] | undefined;
  category: number | undefined;
  sameCategory: boolean;
  accessible: boolean;
};
export type ItemAct = ChosenAct | BestAct;

/** A step of a test: acts alone, together, or with time passing. */
export type StepAct =
  | { step: 'act'; act: Act }
  /** Concurrently, in any order. */
  | { step: 'together'; acts: Act[] }
  /** The same act several times concurrently, with one Idempotency-Key or none. */
  | { step: 'twins'; act: Act; times: number }
  /** Holds reach their deadline ('over' ones, the time of their deletion), or come within a minute of it; others act at that moment. */
  | { step: 'lapse'; of: 'held' | 'over'; holds: number[] | 'all'; leftMs: 0 | typeof minuteMs; acts: Act[] }
  | { step: 'before the sale' | 'after the sale'; act: Act }
  /** Acts while the event is in a state; with `lapse`, just after all holds have reached their deadline. */
  | { step: 'while'; state: SaleState; lapse: boolean; acts: Act[] }
  /** Seats are held, the hold expires while the same buyer or another one buys as many, and then it is confirmed. */
  | { step: 'overtaken'; act: TakeAct; by: 'the same' | 'another' }
  /** The event must be paid from now on, or no longer. */
  | { step: 'new payment' }
  | { step: 'new price'; zone: number; priceMinor: number }
  /** A zone becomes another one (halls.ts), and other seats are to be blocked: those that are, except some, and some more. */
  | { step: 'new hall'; zone: number; variant: number; free: SeatAct[]; block: SeatAct[] }
  /** Every free place is held separately, and then all of these holds become overdue. */
  | { step: 'crowd'; act: Act };

export const minuteMs = 60_000;
export const buyers = ['Ann', 'Ann', 'Ann', 'Bob', 'Bob', 'Cy', 'Cy', 'Di', undefined] as const;
/** Whose holds are limited, and how: the least such that every limit is reached. */
export const clients: (HoldingClient | undefined)[] = [['network-_', 1, 9], ['account:Di', 5, 5], undefined];
