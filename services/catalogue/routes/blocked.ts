import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { type ProblemError, problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { principalName } from '../../shared/identity/principal.ts';
import type { BlockableSeat } from '../../shared/inventory/block-seats.ts';
import { changeBlocked } from '../../shared/inventory/change-blocked.ts';
import { parseLabels } from '../../shared/inventory/plan/label-list.ts';
import { EventId, Row, SeatText, ZoneId } from '../../shared/terms/identifiers.ts';
import { seatLabelOf } from '../../shared/terms/seat-label.ts';
import { eventFor, findEvent } from './access.ts';
import type { RouteDependencies } from './dependencies.ts';
import { Version } from './present.ts';
import { unlessStale } from './unless-stale.ts';
import { etagHeader, etagOf, preconditionHeaders, readOptionalPrecondition } from './versions.ts';

/** More than any row has. */
const bounds = { most: 10_000, length: 8 };
const maxSeats = 10_000;

const SeatsOfRows = Type.Array(
  Type.Object(
    {
      zoneId: ZoneId,
      row: Row,
      seats: Type.Union([Type.String({ maxLength: 5_000 }), Type.Array(SeatText, { minItems: 1, maxItems: 1_000 })], {
        description: 'Labels of seats: a list such as `1-4 7` or `21-1/2`, or an array',
      }),
    },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: 1_000 },
);

/** PATCH /catalogue/api/v1/events/{eventId}/blocked: takes seats out of the sale, and puts them back. */
export function registerBlockedRoute(app: HttpServer, { db, redis }: RouteDependencies): void {
  app.patch(
    '/catalogue/api/v1/events/:eventId/blocked',
    {
      config: { operation: 'seats:block' },
      schema: {
        operationId: 'changeBlocked',
        summary: 'Take seats out of the sale, or put them back',
        description:
          'All of the seats or none. Those that are so already do not count. Seats that are sold or held cannot be blocked.',
        tags: ['events'],
        params: Type.Object({ eventId: EventId }),
        headers: preconditionHeaders,
        body: Type.Union([
          Type.Object({ block: SeatsOfRows }, { additionalProperties: false }),
          Type.Object({ unblock: SeatsOfRows }, { additionalProperties: false }),
        ]),
        response: {
          200: {
            description: 'Done',
            headers: { ETag: etagHeader },
            content: {
              'application/json': {
                schema: Type.Object({
                  eventId: EventId,
                  version: Version,
                  count: Type.Integer({ minimum: 0, description: 'How many seats were not so before' }),
                }),
              },
            },
          },
          ...problemResponses(
            'INVALID_REQUEST',
            'NOT_SIGNED_IN',
            'FORBIDDEN',
            'EVENT_NOT_FOUND',
            'SEAT_NOT_FOUND',
            'SEAT_TAKEN',
            'EVENT_STATE',
            'PRECONDITION_FAILED',
            'PAYLOAD_TOO_LARGE',
            'UNSUPPORTED_MEDIA_TYPE',
            'INVENTORY_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const event = await eventFor(db, request, reply, 'seats:block');
      const expected = event && readOptionalPrecondition(request, reply, event.version);
      if (!event || !expected) return reply;
      const { eventId, state } = event;
      if (state === 'draft' || state === 'archived') {
        return sendProblem(reply, 'EVENT_STATE', {
          detail: state === 'draft' ? "A draft's blocked seats are in its file" : `${eventId} is archived`,
        });
      }
      const { body } = request;
      const [field, rows] = 'block' in body ? (['block', body.block] as const) : (['unblock', body.unblock] as const);
      const seats: (BlockableSeat & { pointer: string })[] = [];
      const errors: ProblemError[] = [];
      for (const [at, { zoneId, row, seats: given }] of rows.entries()) {
        const pointer = `#/${field}/${at}`;
        const read = typeof given === 'string' ? parseLabels(given, bounds) : { labels: given };
        if ('fault' in read) errors.push({ pointer: `${pointer}/seats`, detail: read.fault });
        else seats.push(...read.labels.map((label) => ({ zoneId, row, column: seatLabelOf(label), pointer })));
      }
      if (seats.length > maxSeats) errors.push({ pointer: `#/${field}`, detail: `must have at most ${maxSeats} seats` });
      if (errors.length > 0) return sendProblem(reply, 'INVALID_REQUEST', { errors });

      const manner = { principal: principalName(request.principal), expected: expected.version };
      const outcome = await unlessStale(reply, () => changeBlocked(db, redis, eventId, seats, field === 'block', manner));
      if (!outcome) return reply;
      if (outcome.kind === 'refused') {
        const code = outcome.code === 'SEAT_TAKEN' || outcome.code === 'SEAT_NOT_FOUND' ? outcome.code : 'EVENT_NOT_FOUND';
        const named = (outcome.positions ?? []).slice(0, 50).flatMap((position) => seats[position] ?? []);
        const why = code === 'SEAT_TAKEN' ? 'is sold or held' : 'is no seat of this row';
        return sendProblem(reply, code, {
          errors: named.map(({ pointer, row, column }) => ({ pointer, detail: `row ${row}, seat ${column} ${why}` })),
        });
      }
      const { version } = (await findEvent(db, eventId)) ?? event;
      return reply.header('etag', etagOf(version)).send({ eventId, version, count: outcome.count });
    },
  );
}
