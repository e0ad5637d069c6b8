import { type Static, Type } from 'typebox';
import type { Hall } from '../../shared/inventory/plan/catalogue.ts';
import type { RowDrawing } from '../../shared/inventory/plan/drawing.ts';
import { frontCentre, seatAt, type ZoneInventory } from '../../shared/inventory/zone-layout.ts';
import type { Database } from '../../shared/stores/database.ts';
import { CategoryId, EventId, Row, SeatText, ZoneId } from '../../shared/terms/identifiers.ts';
import { rowLabel } from '../../shared/terms/row-label.ts';
import { placeRow } from './place-rows.ts';

/** Not Type.Tuple, which documents a tuple as JSON Schema had it before OpenAPI 3.1. */
const Point = Type.Unsafe<[x: number, y: number]>(
  Type.Array(Type.Number(), { minItems: 2, maxItems: 2, description: 'x to the right, y away from the front; in seat widths' }),
);

const PlannedRow = Type.Object({
  row: Row,
  seats: Type.Array(Type.Union([SeatText, Type.Literal('')]), { description: "The seat's label at each position, '' for a gap" }),
  categories: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0 }), {
      description: "For each position, the index of its category in the zone's list. Absent: all have the first",
    }),
  ),
  kinds: Type.Optional(
    Type.String({
      description: "For each position: 'w' is a wheelchair place, 'c' a companion's, '.' neither. Absent: all are '.'",
      examples: ['..wc'],
    }),
  ),
  restrictedView: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1 }), { description: 'The positions, from 1, whose view is restricted' }),
  ),
  places: Type.Optional(
    Type.Array(Type.Union([Point, Type.Null()]), {
      description: 'Where the seat at each position is drawn, null for a gap',
    }),
  ),
  label: Type.Optional({ ...Point, description: 'Where the label of the row is drawn' }),
  tableRadius: Type.Optional(
    Type.Number({ minimum: 0, description: 'The row is a table of this radius; its middle is that of its label' }),
  ),
});

/** A zone's seats as they are in the house. */
export const ZonePlan = Type.Object({
  eventId: EventId,
  zoneId: ZoneId,
  name: Type.String(),
  columns: Type.Integer({
    minimum: 1,
    description: 'The positions in each row: its seats, and the gaps between and beside them',
  }),
  categories: Type.Array(CategoryId, { description: "The categories of the zone's seats; empty if it has one price" }),
  rows: Type.Array(PlannedRow, {
    description:
      'From the front. The rows of a grid are A, B, … and its seats 1, 2, …. Without `places`, the seat at position p of row r is ' +
      'drawn at (p − 1, r − 1)',
  }),
});
export type ZonePlan = Static<typeof ZonePlan>;

/**
 * The plan of a zone, from MySQL's catalogue; or what is missing: the event, which may be a draft, the zone or, in general admission,
 * seats.
 */
export async function findZonePlan(
  db: Database,
  eventId: string,
  zoneId: number,
): Promise<ZonePlan | { missing: 'event' | 'zone' | 'seats' }> {
  const zone = await db
    .selectFrom('events')
    .leftJoin('event_zones', (join) =>
      join.onRef('event_zones.event_id', '=', 'events.event_id').on('event_zones.zone_id', '=', zoneId),
    )
    .select([
      'event_zones.name',
      'event_zones.seat_rows',
      'event_zones.seat_columns',
      'event_zones.hall',
      'event_zones.categories',
    ])
    .where('events.event_id', '=', eventId)
    .where('events.state', '!=', 'draft')
    .executeTakeFirst();
  if (!zone) return { missing: 'event' };
  const { name, seat_rows: rows, seat_columns: columns, hall, categories } = zone;
  if (name === null) return { missing: 'zone' };
  if (rows === null || columns === null) return { missing: 'seats' };
  const grid = { rows, columns, focus: frontCentre(columns) };
  const { rows: hallRows, drawing } = hall === null ? {} : (JSON.parse(hall) as Partial<Hall>);
  return {
    ...{ eventId, zoneId, name, columns, categories: categories === null ? [] : (JSON.parse(categories) as string[]) },
    rows: rowsOf({ grid, ...(hallRows && { rows: hallRows }) }, drawing),
  };
}

function rowsOf(zone: Pick<ZoneInventory, 'grid' | 'rows'>, drawings: RowDrawing[] | undefined): ZonePlan['rows'] {
  const { rows: height = 0, columns = 0 } = zone.grid ?? {};
  return Array.from({ length: height }, (_, at) => {
    const row = zone.rows?.[at];
    const seats = Array.from({ length: columns }, (_seat, column) =>
      String(seatAt(zone, { row: at + 1, column: column + 1 })?.column ?? ''),
    );
    const drawing = drawings?.[at];
    return {
      row: row?.label ?? rowLabel(at + 1),
      seats,
      ...(row?.categories && { categories: row.categories }),
      ...(row?.kinds !== undefined && { kinds: row.kinds }),
      ...(drawing?.restrictedView && { restrictedView: drawing.restrictedView }),
      ...(drawings?.some(isPlaced) && placeRow(seats, at + 1, drawing)),
    };
  });
}

/** Whether a row is drawn elsewhere than where its positions are. */
const isPlaced = ({ x, y, angle, seats }: RowDrawing) =>
  x !== undefined || y !== undefined || angle !== undefined || seats !== undefined;
