import { type Static, type TObject, Type } from 'typebox';
import { patterned } from '../../shared/basics/patterned.ts';
import { maxColumns, Row, ZoneId } from '../../shared/terms/identifiers.ts';
import type { Seat } from '../seats/take-seats.ts';

/** Without leading zeros: a seat must not have two names, "01" and "1". */
const columnPattern = '^[1-9][0-9]{0,3}$';
const columnSentence = `must be a number from 1 to ${maxColumns}, without leading zeros`;

/** The schema fields that name a seat in a request. */
export const seatFields = {
  zoneId: ZoneId,
  row: Row,
  column: Type.Union([patterned(columnPattern, columnSentence), Type.Integer({ minimum: 1, maximum: maxColumns })], {
    description: 'From 1, as a string or an integer',
    examples: ['1'],
  }),
};

/** The seat that a request names, in its canonical spelling. */
export const seatOf = ({ zoneId, row, column }: Static<TObject<typeof seatFields>>): Seat => ({
  zoneId,
  row: row.toUpperCase(),
  column: Number(column),
});
