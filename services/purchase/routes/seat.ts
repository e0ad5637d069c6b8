import { type Static, type TObject, Type } from 'typebox';
import { maxColumns, Row, ZoneId } from '../../shared/identifiers.ts';
import { patterned } from '../../shared/patterned.ts';
import type { Seat } from '../seats/take-seats.ts';

/** Without leading zeros: "01" and "1" must not be two names of a seat. */
const columnPattern = '^[1-9][0-9]{0,3}$';
const columnSentence = `must be a number from 1 to ${maxColumns}, without leading zeros`;

/** A seat as a request names it, for its schema. */
export const seatFields = {
  zoneId: ZoneId,
  row: Row,
  column: Type.Union([patterned(columnPattern, columnSentence), Type.Integer({ minimum: 1, maximum: maxColumns })], {
    description: 'From 1, as a string or an integer',
    examples: ['1'],
  }),
};

/** The seat that a request names, spelt in the one way that it is known by. */
export const seatOf = ({ zoneId, row, column }: Static<TObject<typeof seatFields>>): Seat => ({
  zoneId,
  row: row.toUpperCase(),
  column: Number(column),
});
