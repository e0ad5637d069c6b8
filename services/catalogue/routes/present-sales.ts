import { type TSchema, Type } from 'typebox';
import { EventHead } from '../../shared/inventory/event-head.ts';
import { Currency, EventId, Money, Uuid, VenueId, ZoneId } from '../../shared/terms/identifiers.ts';
import { type FoundTicket, foundColumns } from '../reads/find-tickets.ts';
import { SaleState } from '../reads/list-events.ts';

const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const count = (description: string) => Type.Integer({ minimum: 0, description });

const { onSaleAt, offSaleAt, startsAt, timeZone } = EventHead.properties;

/** A ticket that was looked for (reads/find-tickets.ts). */
export const FoundTicketRow = Type.Unsafe<FoundTicket>({
  ...Type.Object(
    { ...Object.fromEntries(foundColumns.map((column) => [column, Type.Union([Type.String(), Type.Number()])])), orderId: Uuid },
    { description: 'What a ticket does not have is an empty text; times are RFC 3339, UTC' },
  ),
});

const figures = {
  tickets: count('That are paid'),
  faceValue: Type.String({ ...Money, description: 'Their prices without promotions' }),
  discounts: Type.String({ ...Money, description: 'What promotions took off' }),
  net: Type.String({ ...Money, description: 'Their prices' }),
  cancelled: count('Tickets that were cancelled'),
  exchanged: count('Tickets that were exchanged for others'),
};

/** A report (reads/report-sales.ts). */
export const SalesReport = Type.Object({
  eventId: EventId,
  name: Type.String(),
  currency: Currency,
  timeZone: Type.String({ description: 'That of the days' }),
  lines: Type.Array(Type.Object({ key: Type.String(), name: Type.String(), ...figures })),
  total: Type.Object(figures),
  refundedByAmount: Type.String({
    ...Money,
    description: 'Refunds, done or on their way, that cancelled no ticket: they are not subtracted from `net`',
  }),
});

/** An event's inventory and sales (reads/report-event.ts). */
export const EventReport = Type.Object({
  eventId: EventId,
  name: orNull(Type.String()),
  venueId: VenueId,
  venueName: orNull(Type.String()),
  currency: Currency,
  payment: Type.Enum(['none', 'required'], { description: 'Whether buyers must pay through checkout' }),
  ...{ onSaleAt, offSaleAt, startsAt, timeZone },
  state: SaleState,
  categories: Type.Array(Type.Unknown(), { description: 'The prices of zones that have categories' }),
  inventory: orNull(
    Type.Object({
      sequence: count('The last domain event'),
      zones: Type.Array(
        Type.Object({
          zoneId: ZoneId,
          name: Type.String(),
          rows: orNull(Type.Integer()),
          columns: orNull(Type.Integer()),
          isHall: Type.Boolean(),
          capacity: count('Places'),
          sold: count('Tickets'),
          held: count('Tickets'),
          available: count('Places'),
          blocked: count('Places'),
          price: orNull(Type.String()),
          categories: Type.Array(Type.String()),
        }),
      ),
    }),
  ),
  projection: orNull(Type.Object({ tickets: count('In MySQL'), revenue: Money })),
});
