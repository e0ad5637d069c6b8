import type { Principal } from '../../shared/identity/principal.ts';
import type { Command } from '../../shared/inventory/call-script.ts';
import type { SeatName } from '../../shared/inventory/zone-layout.ts';
import type { PaidBy } from '../../shared/stores/schema.ts';

/** How a seller was paid. */
export type SoldFor = Exclude<PaidBy, 'checkout'>;

/** A seat by its name. */
export type Seat = SeatName & { zoneId: number };

/** A seat that the buyer chose. Without a type, its ticket is of the event's first. */
export type ChosenSeat = Seat & { ticketType?: string };

/**
 * The best places of a zone: side by side, or with `split` in the fewest groups. `ticketTypes`: one for each ticket; without it, all are
 * of the event's first. `category`: only seats of this one. `sameCategory`: seats of one category if there are such, else of several.
 * `accessible`: wheelchair places with companions'.
 */
export type BestPlaces = {
  zoneId: number;
  quantity: number;
  split: boolean;
  ticketTypes?: string[];
  category?: string;
  sameCategory?: boolean;
  accessible?: boolean;
};

/** Distinct chosen seats, the best places of a zone, or any of both together. */
export type SeatRequest = { seats: ChosenSeat[] } | BestPlaces | { items: (ChosenSeat | BestPlaces)[] };

/** A client, by a name of letters, digits and -_:, and the most holds and held tickets that it may have at one time. */
export type HoldingClient = [id: string, holds: number, tickets: number];

/**
 * A command to sell or hold seats; `venueId` is only checked. `principal`: who sent it (rights.ts); absent: this system itself, which may
 * name any buyer, and with `mayTakeBlocked` sells blocked seats. `client`: present if it is limited what that client may hold, unless it
 * may sell blocked seats: box offices hold for many buyers.
 */
export type Purchase = Command & {
  venueId?: string | undefined;
  buyerId?: string | undefined;
  /** The code of a promotion. */
  promotion?: string | undefined;
  paidBy?: SoldFor | undefined;
  principal?: Principal;
  mayTakeBlocked?: boolean;
  client?: HoldingClient | undefined;
  request: SeatRequest;
};

/** Everything that a request asks for, in its order. */
export const itemsOf = (request: SeatRequest): (ChosenSeat | BestPlaces)[] =>
  'seats' in request ? request.seats : 'items' in request ? request.items : [request];
