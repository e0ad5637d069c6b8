import { type RawBuilder, sql } from 'kysely';
import { Temporal } from 'temporal-polyfill';
import { neverOpened } from '../../shared/basics/text.ts';
import { countedRefunds } from '../../shared/payments/progress.ts';
import type { Database } from '../../shared/stores/database.ts';
import { decimalOf, unitsOf } from '../../shared/terms/decimal-units.ts';
import { plainDecimal } from '../../shared/terms/money.ts';

export const dimensions = ['category', 'type', 'day', 'zone', 'payment'] as const;
export type Dimension = (typeof dimensions)[number];

/**
 * Tickets that are PAID: how many, their prices without promotions, what promotions took off, and their prices. `cancelled` and
 * `exchanged`: the tickets that no longer are; an exchange sold another one for each.
 */
type Figures = { tickets: number; faceValue: string; discounts: string; net: string; cancelled: number; exchanged: number };

/** `key`: the category, the ticket type, the day (2026-12-31), the zone's number or how they were paid; '' if the tickets have none. */
type ReportLine = { key: string; name: string } & Figures;

export type SalesReport = {
  eventId: string;
  name: string;
  currency: string;
  /** That of the days. */
  timeZone: string;
  lines: ReportLine[];
  total: Figures;
  /** What was given back, or is on its way, without cancelling a ticket: it is still in `net`. */
  refundedByAmount: string;
};

/** Adds up an event's tickets in MySQL, by a dimension or only in total. A ticket counts on the day of its sale, whatever happened later. */
export async function reportSales(db: Database, eventId: string, by?: Dimension): Promise<SalesReport> {
  const event = await db.selectFrom('events').selectAll().where('event_id', '=', eventId).executeTakeFirst();
  if (!event) throw neverOpened(eventId);
  const timeZone = event.time_zone ?? 'UTC';
  const zones = await db.selectFrom('event_zones').select(['zone_id', 'name']).where('event_id', '=', eventId).execute();
  const names = new Map(by === 'zone' ? zones.map(({ zone_id, name }) => [String(zone_id), name]) : []);
  const rows = await readSums(db, eventId, by);
  const { currency } = event;
  const groups = Map.groupBy(rows, ({ key }) => (by === 'day' ? dayOf(Number(key), timeZone) : String(key ?? '')));
  const lines = [...groups].map(([key, sums]) => ({ key, name: names.get(key) ?? '', ...add(sums, currency) }));
  lines.sort(by === 'zone' ? (a, b) => Number(a.key) - Number(b.key) : (a, b) => (a.key < b.key ? -1 : 1));
  const refundedByAmount = await readRefundedByAmount(db, event);
  return { eventId, name: event.name, currency, timeZone, lines: by ? lines : [], total: add(rows, currency), refundedByAmount };
}

/** Refunds of payments that bought nothing do not count: no ticket was ever in the report for them. */
async function readRefundedByAmount(
  db: Database,
  { event_id, currency }: { event_id: string; currency: string },
): Promise<string> {
  const { amount } = await db
    .selectFrom('refunds')
    .select(({ fn }) => fn.sum<string | null>('amount').as('amount'))
    .where('event_id', '=', event_id)
    .where('order_id', 'is not', null)
    .where('ticket_ids', '=', '[]')
    .where('state', 'in', countedRefunds)
    .executeTakeFirstOrThrow();
  return plainDecimal(amount ?? '0', currency);
}

/** Clocks differ from UTC by whole quarters of an hour, so these can be put together into days of any time zone. */
const quarterMs = 900_000;

/** The day (2026-12-31) of a quarter of an hour, counted from 1970, in a time zone. */
export const dayOf = (quarter: number, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(quarter * quarterMs)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();

const keys: Record<Dimension | 'nothing', RawBuilder<string | number | null>> = {
  category: sql`category`,
  type: sql`ticket_type`,
  day: sql`timestampdiff(minute, '1970-01-01', created_on) div 15`,
  zone: sql`zone_id`,
  payment: sql`paid_by`,
  nothing: sql`''`,
};

type Sums = { tickets: string; face: string; net: string; cancelled: string; exchanged: string };

const readSums = (db: Database, eventId: string, by: Dimension | 'nothing' = 'nothing') =>
  db
    .selectFrom('tickets')
    .select([
      keys[by].as('key'),
      sql<string>`sum(status = 'PAID')`.as('tickets'),
      sql<string>`sum(if(status = 'PAID', coalesce(full_price, price), 0))`.as('face'),
      sql<string>`sum(if(status = 'PAID', price, 0))`.as('net'),
      sql<string>`sum(status = 'CANCELLED' and exchanged_for is null)`.as('cancelled'),
      sql<string>`sum(exchanged_for is not null)`.as('exchanged'),
    ])
    .where('event_id', '=', eventId)
    .groupBy(sql`1`)
    .execute();

function add(rows: Sums[], currency: string): Figures {
  const sum = (name: keyof Sums) => rows.reduce((total, row) => total + Number(row[name]), 0);
  const units = (name: 'face' | 'net') => rows.reduce((total, row) => total + unitsOf(row[name]), 0n);
  const money = (amount: bigint) => plainDecimal(decimalOf(amount), currency);
  const [face, net] = [units('face'), units('net')];
  return {
    tickets: sum('tickets'),
    faceValue: money(face),
    discounts: money(face - net),
    net: money(net),
    cancelled: sum('cancelled'),
    exchanged: sum('exchanged'),
  };
}
