import { type Static, Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { linkHeader, linkNext, wrongCursor } from '../../shared/http/pages.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { EventHead } from '../../shared/inventory/event-head.ts';
import type { Database } from '../../shared/stores/database.ts';
import { Currency, VenueId } from '../../shared/terms/identifiers.ts';
import type { PlacesReader } from '../live/places-reader.ts';
import { type Availability, availabilities, availabilityOf } from '../queries/availability.ts';
import {
  type Browsed,
  browsedStates,
  browseEvents,
  type EventPosition,
  type FoundEvent,
  searchedWords,
} from '../queries/browse.ts';
import { json } from './json.ts';

const maxEvents = 100;
const defaultEvents = 50;
/** A shared cache may answer a crowd for a second, and for one more while it asks again: what it shows is two seconds old at most. */
const cacheControl = 'public, max-age=1, stale-while-revalidate=1';
/** Base64url of a number of 15 digits, a slash and an id of 64 characters. */
const maxCursorCharacters = 108;

const State = Type.Enum([...browsedStates], { description: 'Whether it sells; whether it has tickets left is not part of it' });

const BrowsedEvent = Type.Object({
  ...EventHead.properties,
  currency: Currency,
  buyers: Type.Enum(['anyone', 'signed-in'], { description: 'Who can buy' }),
  payment: Type.Enum(['none', 'required'], { description: 'required: tickets are bought through checkout' }),
  state: State,
  availability: Type.Enum([...availabilities, 'unknown'], {
    description:
      'Whether it has places left, apart from whether it sells. held: none now, but buyers hold some that may come back. ' +
      'unknown: the inventory cannot be reached',
  }),
});
type BrowsedEvent = Static<typeof BrowsedEvent>;

const Time = (description: string) => Type.String({ maxLength: 40, description, examples: ['2026-12-01T00:00:00Z'] });

/** So many events are looked through at a time for those with the availability that is asked for, and for one page. */
const lotOfEvents = 100;
const maxLookedThrough = 500;

/** GET /query/api/v1/events: the published events, from the MySQL reader; whether they have places left is from the Redis reader. */
export function registerBrowseRoute(app: HttpServer, db: Database, readPlaces: PlacesReader): void {
  app.get(
    '/query/api/v1/events',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'browseEvents',
        summary: 'The published events, by when they begin',
        description:
          'Everything that is given must match. An event whose beginning is unknown counts from its on-sale time. Drafts and archived events are not listed. ' +
          'A change shows within a second. With `availability`, a page can be short, or empty, and still have a next one. The `Link` header (RFC 8288, rel="next") has the next page; the last page has no `Link`.',
        tags: ['events'],
        querystring: Type.Object(
          {
            text: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 100,
                description:
                  "Words, or their beginnings, of the event's name or the venue's, in any order and case, without accents",
              }),
            ),
            venueId: Type.Optional({ ...VenueId, description: 'Only at this venue' }),
            from: Type.Optional(Time('Only events that begin then or later: RFC 3339')),
            until: Type.Optional(Time('Only events that begin before then: RFC 3339')),
            state: Type.Optional(State),
            availability: Type.Optional(
              Type.Enum([...availabilities], { description: 'Only events like this; 503 while the inventory cannot be reached' }),
            ),
            cursor: Type.Optional(
              Type.String({
                maxLength: maxCursorCharacters,
                description: "Where the previous page ended, taken from that page's Link",
              }),
            ),
            limit: Type.Optional(
              Type.Integer({ minimum: 1, maximum: maxEvents, default: defaultEvents, description: 'Maximum events per page' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: json(Type.Array(BrowsedEvent), 'A page of events', {
            Link: linkHeader,
          }),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'SERVICE_UNAVAILABLE', 'INVENTORY_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { text, venueId, from, until, state, availability, cursor, limit = defaultEvents } = request.query;
      const words = text === undefined ? [] : searchedWords(text);
      const [fromMs, untilMs] = [timeOf(from), timeOf(until)];
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const errors = [
        ...(text !== undefined && words.length === 0 ? [{ parameter: 'text', detail: 'must have a letter or a digit' }] : []),
        ...(Number.isNaN(fromMs) ? [{ parameter: 'from', detail: timeFault }] : []),
        ...(Number.isNaN(untilMs) ? [{ parameter: 'until', detail: timeFault }] : []),
        ...(cursor !== undefined && !after ? [wrongCursor] : []),
      ];
      if (errors.length > 0) return sendProblem(reply, 'INVALID_REQUEST', { errors });
      const { page, next } = await findPage({ words, venueId, fromMs, untilMs, state }, { availability, after, limit });
      const query = { text, venueId, from, until, state, availability };
      if (next) linkNext(reply, encodeCursor(next), { path: '/query/api/v1/events', query, limit });
      return reply.header('cache-control', cacheControl).send(page);
    },
  );

  /** Looks through the events that match, lot after lot. `next`: where the next page begins, undefined after the last one. */
  async function findPage(
    wanted: Browsed,
    { availability, after, limit }: { availability: Availability | undefined; after: EventPosition | undefined; limit: number },
  ): Promise<{ page: BrowsedEvent[]; next?: EventPosition }> {
    const page: BrowsedEvent[] = [];
    const size = availability === undefined ? limit : lotOfEvents;
    let position = after;
    for (let seen = 0; seen < maxLookedThrough; seen += size) {
      const found = await browseEvents(db, wanted, { after: position, limit: size + 1 });
      const lot = found.slice(0, size);
      const known = await Promise.all(lot.map((each) => availabilityNow(each, availability !== undefined)));
      for (const [at, { event, position: ofEvent }] of lot.entries()) {
        const now = known[at] ?? 'unknown';
        if (availability !== undefined && now !== availability) continue;
        page.push({ ...event, availability: now });
        if (page.length === limit) return at + 1 < found.length ? { page, next: ofEvent } : { page };
      }
      const last = lot.at(-1);
      if (!last || found.length <= size) return { page };
      position = last.position;
    }
    return position ? { page, next: position } : { page };
  }

  /** If the answer depends on it, throws an UnavailableError while Redis is away. */
  async function availabilityNow({ event, capacity }: FoundEvent, mustKnow: boolean): Promise<BrowsedEvent['availability']> {
    const places = readPlaces(event.eventId);
    return availabilityOf(capacity, mustKnow ? await places : await places.catch(() => undefined));
  }
}

const timeFault = 'must be a date and time with its UTC offset, such as 2026-12-01T10:00:00Z (with + written as %2B)';

/** NaN if it is no time of the years 1970 to 9999; undefined if there is none. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  return ms >= 0 && ms <= lastMs ? ms : Number.NaN;
}

/** The end of the year 9999, which is MySQL's. */
const lastMs = 253_402_300_799_999;

const encodeCursor = ({ beginsAtMs, eventId }: EventPosition) => Buffer.from(`${beginsAtMs}/${eventId}`).toString('base64url');

function decodeCursor(cursor: string): EventPosition | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, ms, eventId] = /^(\d{1,15})\/([A-Za-z0-9][\w.-]{0,63})$/.exec(text) ?? [];
  return eventId === undefined || Number(ms) > lastMs ? undefined : { beginsAtMs: Number(ms), eventId };
}
