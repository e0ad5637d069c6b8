import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

/** What migrations/ made of the database, for Kysely. Money is a decimal string; ids of orders and tickets are 16 bytes. */
export type Schema = {
  events: {
    event_id: string;
    venue_id: string;
    venue_name: string;
    name: string;
    currency: string;
    on_sale_at: Date;
    /** NULL: no limit. */
    tickets_per_buyer: number | null;
    /** NULL: as long as holds last where an event does not say. */
    hold_ms: number | null;
    /** How often its inventory was rebuilt (epochs.ts). */
    epoch: Generated<number>;
  };
  /** A seated zone has rows and columns, general admission has neither; both have a capacity. */
  event_zones: {
    event_id: string;
    zone_id: number;
    name: string;
    seat_rows: number | null;
    seat_columns: number | null;
    capacity: number;
    price: Decimal;
    currency: string;
    /** What the best seats are near. NULL: the middle of the front row, or no seats. */
    focus_row: number | null;
    focus_column: number | null;
  };
  /**
   * Every domain event that was applied: orders' purchases, whose sequence their tickets have, and cancellations. The order tells
   * a redelivery from another domain event that was given the same number.
   */
  order_events: {
    event_id: string;
    sequence: number;
    order_id: Buffer;
    buyer_id: string | null;
    /** By the server's clock. NULL: before this was noted. */
    applied_on: GeneratedAlways<Date | null>;
  };
  tickets: {
    ticket_id: Buffer;
    order_id: Buffer;
    venue_id: string;
    event_id: string;
    zone_id: number;
    seat_row: string | null;
    seat_column: number | null;
    price: Decimal;
    currency: string;
    status: TicketStatus;
    sequence: number;
    created_on: Date;
    cancelled_on: Date | null;
    cancelled_sequence: number | null;
    /** 1 while the ticket holds its seat, else NULL: part of the unique key on the live seat. */
    live: GeneratedAlways<number | null>;
  };
  sales_by_zone: { event_id: string; zone_id: number; tickets: number; revenue: Decimal };
  /** What was sold while another ticket had the seat, as far as is known: the latter's cancellation may be yet to come. */
  seat_conflicts: { ticket_id: Buffer; order_id: Buffer; live_ticket_id: Buffer; live_order_id: Buffer; recorded_on: Date };
  /** What the last `onsale verify` of an event found, in one line. */
  verifications: {
    event_id: string;
    verified_on: Date;
    differences: number;
    tickets: number;
    revenue: Decimal;
    summary: string;
  };
  /** The conflicts that were published as domain events, by the ticket that has not got the seat. */
  conflict_notices: { ticket_id: Buffer; told_on: Date };
};

/** CONFLICTED: sold, but another ticket held the seat already; see seat_conflicts. */
type TicketStatus = 'PAID' | 'CANCELLED' | 'CONFLICTED';

type Decimal = ColumnType<string, string, string>;
