import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

/** The database schema that migrations/ produces, for Kysely. Money is a decimal string; order and ticket ids are 16 bytes. */
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
    /** NULL: the default duration of holds. */
    hold_ms: number | null;
    /** How many times its inventory was rebuilt (epochs.ts). */
    epoch: Generated<number>;
  };
  /** A seated zone has rows and columns; a general-admission zone has neither. Both have a capacity. */
  event_zones: {
    event_id: string;
    zone_id: number;
    name: string;
    seat_rows: number | null;
    seat_columns: number | null;
    capacity: number;
    price: Decimal;
    currency: string;
    /** The point that the best seats are nearest to. NULL: the middle of the front row, or no seats. */
    focus_row: number | null;
    focus_column: number | null;
  };
  /**
   * Every applied domain event: purchases, whose tickets have the same sequence, and cancellations. The order id distinguishes a
   * redelivery from another domain event with the same number.
   */
  order_events: {
    event_id: string;
    sequence: number;
    order_id: Buffer;
    buyer_id: string | null;
    /** By the MySQL server's clock. NULL: applied before this column existed. */
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
    /** 1 while the ticket owns its seat, else NULL: part of the unique key on live seats. */
    live: GeneratedAlways<number | null>;
  };
  sales_by_zone: { event_id: string; zone_id: number; tickets: number; revenue: Decimal };
  /** Tickets sold while another ticket owned the seat, as far as is known: the other's cancellation may still arrive. */
  seat_conflicts: { ticket_id: Buffer; order_id: Buffer; live_ticket_id: Buffer; live_order_id: Buffer; recorded_on: Date };
  /** The result of an event's last `onsale verify`; `summary` is one line. */
  verifications: {
    event_id: string;
    verified_on: Date;
    differences: number;
    tickets: number;
    revenue: Decimal;
    summary: string;
  };
  /** Conflicts already published as domain events, by the ticket that did not get the seat. */
  conflict_notices: { ticket_id: Buffer; told_on: Date };
};

/** CONFLICTED: sold, but another ticket already owned the seat; see seat_conflicts. */
type TicketStatus = 'PAID' | 'CANCELLED' | 'CONFLICTED';

type Decimal = ColumnType<string, string, string>;
