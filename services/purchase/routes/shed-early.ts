import type { BeforeParsing } from '../../shared/http/json-body.ts';
import type { Seats } from '../seats/create-seats.ts';

/** The routes that ask for seats of the event that their body names. */
export const takingSeats: ReadonlySet<string> = new Set(['tickets', 'orders', 'holds'].map((name) => `/purchase/api/v1/${name}`));

/** The event that a JSON text names. One that is written with escapes is found only by the parser, and its request is shed later. */
const eventIdIn = (text: string) => /"eventId"\s*:\s*"([\w.-]+)"/.exec(text)?.[1];

/**
 * Sheds a request for seats before its JSON is parsed and checked, if too many are waiting for its event (load.ts). In an overload most
 * requests end here, and all that is done for them delays the others.
 */
export const createEarlyShedding =
  ({ assertRoom }: Pick<Seats, 'assertRoom'>): BeforeParsing =>
  ({ routeOptions: { url = '' } }, text) => {
    const eventId = takingSeats.has(url) ? eventIdIn(text) : undefined;
    if (eventId !== undefined) assertRoom(eventId);
  };
