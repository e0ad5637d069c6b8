import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Fault, listFaults } from '../../../services/shared/basics/faults.ts';

/** The largest halls have some 100,000 seats; pretix' editor writes about 200 bytes for each. */
const maxBytes = 50_000_000;
const maxSeats = 150_000;
const maxZones = 1_000;
const maxRows = 1_000;
/** Sorting a row takes time in the square of this. */
const maxSeatsInRow = 500;
const maxCoordinate = 1_000_000;

const coordinate = Type.Number({ minimum: -maxCoordinate, maximum: maxCoordinate });
const Position = Type.Object({ x: coordinate, y: coordinate });
const text = (maxLength: number) => Type.String({ maxLength });

const Seat = Type.Object({
  seat_number: text(200),
  seat_guid: Type.Optional(Type.String()),
  position: Position,
  category: text(200),
});
const Row = Type.Object({
  row_number: text(200),
  row_label: Type.Optional(Type.Union([text(200), Type.Null()])),
  seat_label: Type.Optional(Type.Union([text(200), Type.Null()])),
  /** Without one, the seats' positions count from the zone's. */
  position: Type.Optional(Position),
  seats: Type.Array(Seat, { maxItems: maxSeatsInRow }),
});
const Zone = Type.Object({
  name: Type.Optional(text(1_000)),
  position: Position,
  rows: Type.Array(Row, { maxItems: maxRows }),
  areas: Type.Optional(Type.Array(Type.Object({}), { maxItems: 10_000 })),
});

/** What the import needs of pretix' seating plan, schema 0.0.1: https://github.com/pretix/pretix, static/seating. */
const SeatingPlan = Type.Object({
  name: text(1_000),
  categories: Type.Array(Type.Object({ name: text(200), color: Type.Optional(Type.String()) }), { maxItems: 1_000 }),
  zones: Type.Array(Zone, { minItems: 1, maxItems: maxZones }),
});

export type SeatingPlan = Static<typeof SeatingPlan>;

/** Parses a seating plan. Throws one error that lists the faults with their places in the file. */
export function parseSeatingPlan(json: string): SeatingPlan {
  if (json.length > maxBytes) throw new Error(`The seating plan is larger than ${maxBytes / 1e6} MB.`);
  const plan = parseJson(json);
  if (!Value.Check(SeatingPlan, plan)) throw invalid(listFaults(Value.Errors(SeatingPlan, plan)));
  const seats = plan.zones.flatMap(({ rows }) => rows).reduce((sum, row) => sum + row.seats.length, 0);
  if (seats > maxSeats)
    throw invalid([{ pointer: '/zones', detail: `have ${seats} seats in total; at most ${maxSeats} are allowed` }]);
  if (seats === 0) throw invalid([{ pointer: '/zones', detail: 'have no seats' }]);
  return plan;
}

/** The error for faults in a seating plan. */
export function invalid(faults: Fault[]): Error {
  const lines = faults.slice(0, 20).map(({ pointer, detail }) => `  ${pointer || '/'} ${detail}`);
  if (faults.length > lines.length) lines.push(`  … and ${faults.length - lines.length} more`);
  return new Error(`This is not a seating plan of pretix that can be imported:\n${lines.join('\n')}`);
}

function parseJson(json: string): unknown {
  try {
    // Editors on Windows mark the byte order.
    return JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new Error(`The seating plan is not valid JSON: ${(error as Error).message}`);
  }
}
