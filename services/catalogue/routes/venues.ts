import { type Static, Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { isTimeZone } from '../../shared/inventory/plan/event-time.ts';
import { Name } from '../../shared/inventory/plan/reading.ts';
import { VenueId } from '../../shared/terms/identifiers.ts';
import type { RouteDependencies } from './dependencies.ts';
import { registerRecordRoutes } from './records.ts';

const fields = {
  name: Type.String({ ...Name, description: "The venue's name" }),
  timeZone: Type.Optional(
    Type.String({ maxLength: 64, description: 'Its time zone in the IANA database', examples: ['Europe/Vienna'] }),
  ),
};
const VenueBody = Type.Object(fields, { additionalProperties: false });
type VenueBody = Static<typeof VenueBody>;

/** /catalogue/api/v1/venues…: the places where an organiser's events are. Events have copies of what they need. */
export function registerVenueRoutes(app: HttpServer, { db }: RouteDependencies): void {
  registerRecordRoutes(
    app,
    { db },
    {
      subject: 'venue',
      path: '/catalogue/api/v1/venues',
      tag: 'venues',
      notFound: 'VENUE_NOT_FOUND',
      id: ['venueId', VenueId],
      listed: fields,
      body: VenueBody,
      list: { operationId: 'listVenues', summary: "An organiser's venues, by id" },
      get: { operationId: 'getVenue', summary: 'A venue' },
      put: { operationId: 'putVenue', summary: 'Create or change a venue' },
      remove: { operationId: 'deleteVenue', summary: 'Delete a venue; events that take place there stay as they are' },
      faultsIn(body) {
        const { timeZone } = body as VenueBody;
        if (timeZone === undefined || isTimeZone(timeZone)) return [];
        return [{ pointer: '/timeZone', detail: 'must be a time zone of the IANA database, such as Europe/Vienna' }];
      },
      fieldsOf(body) {
        const { name, timeZone } = body as VenueBody;
        return { name, time_zone: timeZone ?? null };
      },
      present: ({ name, time_zone: timeZone }) => ({ name, ...(timeZone !== null && { timeZone }) }),
    },
  );
}
