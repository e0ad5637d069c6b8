import type { Kysely } from 'kysely';
import { alterTickets, dropKey, online, type Statement } from './alter-online.ts';

/**
 * Tickets get the labels of their rows and seats, what they were sold as, and what they were exchanged for; buyers' ids may be longer.
 * Sales go on meanwhile, and persistence tasks of the previous version go on inserting: what they do not know is NULL or ''.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await alterTickets(db, { mysql: onMysql, mariadb: onMariadb });
}

const columns: Statement = {
  makes: 'seat_label',
  alter: `alter table tickets
    add column seat_label varchar(8) not null default '',
    add column category varchar(32),
    add column ticket_type varchar(32),
    add column promotion varchar(32),
    add column full_price decimal(19,4),
    add column exchanged_for binary(16),
    algorithm=instant`,
};
const longerRow: Statement = { alter: `alter table tickets modify column seat_row varchar(10), ${online}` };
const newKey: Statement = {
  makes: 'tickets_live_seat_label',
  alter: `alter table tickets
    add unique key tickets_live_seat_label (event_id, zone_id, seat_row, seat_column, seat_label, live), ${online}`,
};
const oldKey = 'tickets_live_seat';
const longerBuyer: Statement = { alter: `alter table order_events modify column buyer_id varchar(128), ${online}` };

const onMysql = [columns, longerRow, newKey, dropKey(oldKey), longerBuyer];

/**
 * MariaDB cannot add columns while a key has a virtual column (`live`). So for some seconds there is only a key by which persistence
 * finds a seat's tickets. That the seats sold meanwhile have one live ticket each is proved when the new key is made.
 */
const seatKey = 'tickets_by_seat_until_0011';
const onMariadb: Statement[] = [
  { makes: seatKey, alter: `alter table tickets add key ${seatKey} (event_id, zone_id, seat_row, seat_column), ${online}` },
  dropKey(oldKey),
  columns,
  longerRow,
  newKey,
  dropKey(seatKey),
  longerBuyer,
];
