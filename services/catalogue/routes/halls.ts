import { type Static, Type } from 'typebox';
import { documentedAs } from '../../shared/http/documented-as.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { EventFile } from '../../shared/inventory/plan/event-file.ts';
import { Name } from '../../shared/inventory/plan/reading.ts';
import { HallId, VenueId } from '../../shared/terms/identifiers.ts';
import { faultsOfZones } from '../organiser/halls.ts';
import { maxDocumentBytes } from './bodies.ts';
import type { RouteDependencies } from './dependencies.ts';
import { registerRecordRoutes } from './records.ts';

const fields = { name: Type.String({ ...Name, description: "The hall's name" }), venueId: Type.Optional(VenueId) };
const { zones } = EventFile.properties;
/** The zones are read with care later, so that one answer names all their faults. */
const HallBody = Type.Object(
  { ...fields, zones: Type.Unknown() },
  { additionalProperties: false, [documentedAs]: Type.Object({ ...fields, zones }) },
);
type HallBody = Static<typeof HallBody>;

/** /catalogue/api/v1/halls…: zones that an organiser uses again and again. An event's body may name a hall instead of zones. */
export function registerHallRoutes(app: HttpServer, { db }: RouteDependencies): void {
  registerRecordRoutes(
    app,
    { db },
    {
      subject: 'hall',
      path: '/catalogue/api/v1/halls',
      tag: 'halls',
      notFound: 'HALL_NOT_FOUND',
      id: ['hallId', HallId],
      listed: fields,
      more: { zones },
      body: HallBody,
      bodyLimit: maxDocumentBytes,
      list: { operationId: 'listHalls', summary: "An organiser's halls, by id, without their zones" },
      get: { operationId: 'getHall', summary: 'A hall, with its zones' },
      put: {
        operationId: 'putHall',
        summary: 'Create or change a hall',
        description:
          'Its zones are written as in an event file. Their categories are those of each event that uses the hall. Events that were made ' +
          'from it before stay as they are.',
      },
      remove: { operationId: 'deleteHall', summary: 'Delete a hall; events that were made from it stay as they are' },
      faultsIn: (body) => faultsOfZones((body as HallBody).zones),
      fieldsOf(body) {
        const { name, venueId, zones: given } = body as HallBody;
        return { name, venue_id: venueId ?? null, zones: JSON.stringify(given) };
      },
      present: ({ name, venue_id: venueId, zones: text }) => ({
        name,
        ...(venueId !== null && { venueId }),
        // Lists do not read them, and Fastify leaves them out of the reply to a change.
        ...(typeof text === 'string' && { zones: JSON.parse(text) as unknown }),
      }),
    },
  );
}
