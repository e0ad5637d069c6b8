import { Type } from 'typebox';
import { maxColumns, SeatText } from './identifiers.ts';

/**
 * A seat's label in its row: a number if it is written as one from 1 to 9999 ("12"), and text otherwise ("12A", "012"). So orders in
 * Redis, domain events and rows in MySQL from before seats had labels of their own are already in this form.
 */
export type SeatLabel = number | string;

export const SeatLabel = Type.Union([Type.Integer({ minimum: 1, maximum: maxColumns }), SeatText]);

/** A label as text in its one canonical form: ("12") → 12, ("12A") → "12A". */
export const seatLabelOf = (text: string): SeatLabel => (/^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : text);
