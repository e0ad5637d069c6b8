import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import type { Seats } from '../../shared/inventory/read-seats.ts';
import { bytesPerRow } from '../../shared/inventory/zone-layout.ts';
import { EventId, Row, SeatText, ZoneId } from '../../shared/terms/identifiers.ts';
import { rowLabel } from '../../shared/terms/row-label.ts';
import type { SeatReader } from '../live/seat-reader.ts';
import { seatsMessage } from '../live/snapshot.ts';
import { json } from './json.ts';

/** Clients that need fresher figures use the WebSocket. */
const cacheControl = 'public, max-age=1';

const freshness = 'At most 100 ms behind the inventory, plus the time that a read takes.';

const counts = {
  capacity: Type.Integer({ minimum: 0, description: 'The sum of the other four' }),
  available: Type.Integer({ minimum: 0 }),
  held: Type.Integer({ minimum: 0, description: 'Reserved for a buyer for a limited time' }),
  sold: Type.Integer({ minimum: 0 }),
  blocked: Type.Integer({ minimum: 0, description: 'Withdrawn from sale by the organiser, and neither held nor sold' }),
};
const Availability = Type.Object({
  eventId: EventId,
  version: Type.Integer({ minimum: 0, description: 'Increases with every change of availability' }),
  ...counts,
  zones: Type.Array(Type.Object({ zoneId: ZoneId, ...counts })),
});

const zone = {
  eventId: EventId,
  zoneId: ZoneId,
  version: Type.Integer({ minimum: 0, description: "The event's version at the zone's last change; 0 if it never changed" }),
};
const CompactSeats = Type.Object(
  {
    ...zone,
    rows: Type.Integer({ minimum: 1 }),
    columns: Type.Integer({ minimum: 1, description: 'In a hall, the positions of its widest row' }),
    bytesPerRow: Type.Integer({ minimum: 1 }),
    taken: Type.String({
      description:
        "Base64, `bytesPerRow` bytes per row; the highest bit of a row's first byte is its first position, and 1 means taken. " +
        'In a hall, the bits of positions without a seat are 1 too',
      examples: ['gAAAAA=='],
    }),
    blockedSeats: Type.Optional(
      Type.String({
        description: 'The seats that the organiser has withdrawn from sale, in the same form. Absent if there are none',
        examples: ['AQAAAA=='],
      }),
    ),
  },
  { description: 'For programs: form=compact', additionalProperties: false },
);
const ReadableSeats = Type.Object(
  {
    ...zone,
    rows: Type.Array(
      Type.Object({
        row: Row,
        seats: Type.String({
          description: "From the first position: '.' is free, 'x' is taken, '_' is a gap without a seat",
          examples: ['..x_..'],
        }),
        labels: Type.Optional(
          Type.Array(Type.Union([SeatText, Type.Literal('')]), {
            description: "The seat's label at each of these positions, '' for a gap. Absent in a grid, where the first seat is 1",
            examples: [['1', '2', '3', '', '4', '4A']],
          }),
        ),
      }),
    ),
  },
  { description: 'For people: form=rows', additionalProperties: false },
);

/** GET /query/api/v1/events/{eventId}…: the number of free seats, and which seats are free, from the Redis reader. */
export function registerAvailabilityRoutes(app: HttpServer, readSeats: SeatReader): void {
  app.get(
    '/query/api/v1/events/:eventId/availability',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'getAvailability',
        summary: "An event's availability, by zone",
        description: freshness,
        tags: ['availability'],
        params: Type.Object({ eventId: EventId }),
        response: {
          200: json(Availability, 'The current availability'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'EVENT_NOT_FOUND', 'INVENTORY_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      const seats = await readSeats(eventId);
      if (!seats) return sendProblem(reply, 'EVENT_NOT_FOUND');
      const { version } = seats;
      const zones = [...seats.zones.values()];
      const total = (of: keyof typeof counts) => zones.reduce((sum, { [of]: number }) => sum + number, 0);
      return reply.header('cache-control', cacheControl).send({
        eventId,
        version,
        capacity: total('capacity'),
        available: total('available'),
        held: total('held'),
        sold: total('sold'),
        blocked: total('blocked'),
        zones,
      });
    },
  );

  app.get(
    '/query/api/v1/events/:eventId/zones/:zoneId/seats',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'getSeats',
        summary: "A zone's seats, free or taken",
        description: `${freshness} To follow sales live, open the WebSocket \`/query/ws/v1/events/{eventId}\`.`,
        tags: ['availability'],
        params: Type.Object({ eventId: EventId, zoneId: ZoneId }),
        querystring: Type.Object(
          { form: Type.Optional(Type.Enum(['compact', 'rows'], { default: 'compact' })) },
          { additionalProperties: false },
        ),
        response: {
          200: json(Type.Union([CompactSeats, ReadableSeats]), 'The current seats'),
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'EVENT_NOT_FOUND',
            'ZONE_NOT_FOUND',
            'SEAT_NOT_FOUND',
            'INVENTORY_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { eventId, zoneId } = request.params;
      const event = await readSeats(eventId);
      if (!event) return sendProblem(reply, 'EVENT_NOT_FOUND');
      const found = event.zones.get(zoneId);
      if (!found) return sendProblem(reply, 'ZONE_NOT_FOUND');
      const { version, seats } = found;
      if (!seats) return sendProblem(reply, 'SEAT_NOT_FOUND', { detail: `Zone ${zoneId} has no seats, only a capacity` });
      const form = request.query.form === 'rows' ? { rows: readableRows(seats) } : seatsMessage(seats);
      return reply.header('cache-control', cacheControl).send({ eventId, zoneId, version, ...form });
    },
  );
}

function readableRows({ grid, rows, taken }: Seats): { row: string; seats: string; labels?: string[] }[] {
  const width = bytesPerRow(grid.columns);
  return Array.from({ length: grid.rows }, (_, at) => {
    const bits = Array.from(taken.subarray(at * width, (at + 1) * width), (byte) => byte.toString(2).padStart(8, '0')).join('');
    const seats = bits.slice(0, grid.columns).replaceAll('0', '.').replaceAll('1', 'x');
    const row = rows?.[at];
    if (!row) return { row: rowLabel(at + 1), seats };
    const labels = Array.from(seats, (_seat, column) => String(row.seats[column] ?? ''));
    return { row: row.label, seats: Array.from(seats, (seat, column) => (labels[column] === '' ? '_' : seat)).join(''), labels };
  });
}
