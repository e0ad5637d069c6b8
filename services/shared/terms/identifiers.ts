import { Type } from 'typebox';
import { patterned } from '../basics/patterned.ts';

/** Letters, digits, dots, dashes and underscores are safe in a URL, a Redis hash tag, a log line and an SQL key. */
const id = (options: { description: string; examples?: string[] }) =>
  patterned(
    '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
    'must be 1 to 64 letters (A-Z, a-z), digits, dots, dashes or underscores, beginning with a letter or a digit',
    options,
  );

/** A shorter id, of what an event or an organiser names. */
const name = (description: string, examples: string[]) =>
  patterned(
    '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$',
    'must be 1 to 32 letters (A-Z, a-z), digits, dots, dashes or underscores, beginning with a letter or a digit',
    { description, examples },
  );

/** One line of text that neither begins nor ends with a space. Its length is in characters (code points), as in MySQL. */
const line = (most: number, options: { description: string; examples?: string[] }) =>
  patterned(
    `^(?! )[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]{1,${most}}(?<! )$`,
    `must be 1 to ${most} characters in one line, and neither begin nor end with a space`,
    options,
  );

export const VenueId = id({ description: 'A venue', examples: ['Venue1'] });
export const HallId = id({ description: 'A hall of an organiser', examples: ['MainHall'] });
/** Who sells events: a company or a house. */
export const OrganiserId = name('An organiser', ['main']);
/** The organiser of every event that names none: those from before there were organisers, too. */
export const mainOrganiser = 'main';
export const EventId = id({ description: 'An event', examples: ['Event1'] });
/** Opaque: an account's id, `auth0|…`, `region:uuid`, an e-mail address. MySQL ignores spaces at the end of a text, so none may be there. */
export const BuyerId = line(128, { description: 'A buyer: any text', examples: ['auth0|5f7c8ec7c33c6c004bbafe82'] });
export const HoldId = patterned(
  '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}~[A-Za-z0-9_-]{22}$',
  'must be a holdId from an earlier response, such as Event1~q83vEjRWeJASNFZ4kKvN7w',
  { description: 'A hold: its event and an unguessable part', examples: ['Event1~q83vEjRWeJASNFZ4kKvN7w'] },
);
export const OrderToken = patterned('^[A-Za-z0-9_-]{22}$', 'must be an orderToken from an earlier response: 22 characters', {
  description: "An order's token",
  examples: ['p4Xe0lJwYb3mQ9tTzD1uVg'],
});
export const ZoneId = Type.Integer({ minimum: 1, maximum: 100_000, description: 'A zone of the venue', examples: [1] });

export const Row = line(10, { description: "A row's label; in a grid, its letters in either case", examples: ['A'] });
/** Three letters reach row 18,278: more than any venue has, and a limit for parsing. */
export const GridRow = patterned('^[A-Za-z]{1,3}$', 'must be one to three letters from A to Z', {
  description: 'Row letters of a grid, case-insensitive',
  examples: ['A'],
});
/** A seat's label in its row, as text. */
export const SeatText = line(8, { description: "A seat's label in its row", examples: ['12A'] });
export const maxRows = 18_278;
export const maxColumns = 9_999;

export const Uuid = patterned(
  '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  'must be a UUID (version 7) in lower case, such as 019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b',
  { description: 'A UUID (version 7), in lower case', examples: ['019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b'] },
);
export const CategoryId = name('A price category', ['A']);
export const TicketTypeId = name('A ticket type', ['child']);
/** In either case; it is kept in capital letters. */
export const PromotionCode = name('The code of a promotion, in either case', ['EARLYBIRD']);

export const Currency = patterned('^[A-Z]{3}$', 'must be an ISO 4217 code: three capital letters, such as USD', {
  description: 'ISO 4217 code',
  examples: ['USD'],
});
export const Money = patterned('^[0-9]+([.][0-9]+)?$', 'must be an amount in digits, such as 100.00', {
  description: 'A decimal amount',
  examples: ['100.00'],
});
export const Timestamp = Type.String({ description: 'RFC 3339, UTC, milliseconds', examples: ['2026-05-01T19:30:00.000Z'] });
