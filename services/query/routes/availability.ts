import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http-server.ts';
import { EventId, Row, ZoneId } from '../../shared/identifiers.ts';
import { problemResponses, sendProblem } from '../../shared/problems.ts';
import { rowLabel } from '../../shared/row-label.ts';
import { bytesPerRow } from '../../shared/zone-layout.ts';
import type { Seats } from '../live/read-seats.ts';
import type { SeatReader } from '../live/seat-reader.ts';
import { seatsMessage } from '../live/snapshot.ts';
import { json } from './json.ts';

/** Clients that need it fresher use the WebSocket. */
const cacheControl = 'public, max-age=1';

const freshness = 'At most 100 ms older than the inventory, plus the time it takes to read.';

const counts = {
  capacity: Type.Integer({ minimum: 0 }),
  available: Type.Integer({ minimum: 0 }),
  held: Type.Integer({ minimum: 0, description: 'Set aside for a buyer until a time' }),
  sold: Type.Integer({ minimum: 0 }),
};
const Availability = Type.Object({
  eventId: EventId,
  version: Type.Integer({ minimum: 0, description: 'Counts the changes of what is available' }),
  ...counts,
  zones: Type.Array(Type.Object({ zoneId: ZoneId, ...counts })),
});

const zone = {
  eventId: EventId,
  zoneId: ZoneId,
  version: Type.Integer({ minimum: 0, description: "The event's version when the zone last changed, 0 where it never did" }),
};
const CompactSeats = Type.Object(
  {
    ...zone,
    rows: Type.Integer({ minimum: 1 }),
    columns: Type.Integer({ minimum: 1 }),
    bytesPerRow: Type.Integer({ minimum: 1 }),
    taken: Type.String({
      description: 'Base64 of `bytesPerRow` bytes a row; the highest bit of the first is column 1, and 1 is taken',
      examples: ['gAAAAA=='],
    }),
  },
  { description: 'For programs', additionalProperties: false },
);
const ReadableSeats = Type.Object(
  {
    ...zone,
    rows: Type.Array(
      Type.Object({ row: Row, seats: Type.String({ description: "From column 1: '.' is free, 'x' taken", examples: ['..x.'] }) }),
    ),
  },
  { description: 'For people: form=rows', additionalProperties: false },
);

/** GET /query/api/v1/events/{eventId}…: how many seats are free, and which, from the Redis reader. */
export function registerAvailabilityRoutes(app: HttpServer, readSeats: SeatReader): void {
  app.get(
    '/query/api/v1/events/:eventId/availability',
    {
      schema: {
        operationId: 'getAvailability',
        summary: 'How many seats of an event are free, by zone',
        description: freshness,
        tags: ['availability'],
        params: Type.Object({ eventId: EventId }),
        response: {
          200: json(Availability, 'Now'),
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
        zones,
      });
    },
  );

  app.get(
    '/query/api/v1/events/:eventId/zones/:zoneId/seats',
    {
      schema: {
        operationId: 'getSeats',
        summary: 'Which seats of a zone are free',
        description: `${freshness} To follow them as they are sold, open the WebSocket \`/query/ws/v1/events/{eventId}\`.`,
        tags: ['availability'],
        params: Type.Object({ eventId: EventId, zoneId: ZoneId }),
        querystring: Type.Object(
          { form: Type.Optional(Type.Enum(['compact', 'rows'], { default: 'compact' })) },
          { additionalProperties: false },
        ),
        response: {
          200: json(Type.Union([CompactSeats, ReadableSeats]), 'Now'),
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

function readableRows({ rows, columns, taken }: Seats): { row: string; seats: string }[] {
  const width = bytesPerRow(columns);
  return Array.from({ length: rows }, (_, at) => {
    const bits = Array.from(taken.subarray(at * width, (at + 1) * width), (byte) => byte.toString(2).padStart(8, '0')).join('');
    return { row: rowLabel(at + 1), seats: bits.slice(0, columns).replaceAll('0', '.').replaceAll('1', 'x') };
  });
}
