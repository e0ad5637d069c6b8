import { type Kysely, sql } from 'kysely';
import { alterTickets, dropKey, online, type Statement } from './alter-online.ts';
import { hasColumn } from './has-column.ts';

const utf8 = sql`CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;

/** How tickets were paid; and payments: checkouts, their attempts, refunds, what providers told, and the domain events that wait. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const create = (table: string) => db.schema.createTable(table).ifNotExists().modifyEnd(utf8);
  await create('checkouts')
    .addColumn('checkout_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('state', 'varchar(20)', (column) => column.notNull())
    .addColumn('hold_id', 'varchar(96)', (column) => column.notNull())
    .addColumn('event_id', 'varchar(64)', (column) => column.notNull())
    .addColumn('organiser_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('order_id', 'binary(16)')
    .addColumn('buyer_id', 'varchar(128)')
    .addColumn('email', 'varchar(320)', (column) => column.notNull())
    .addColumn('amount', 'decimal(19, 4)')
    .addColumn('currency', 'char(3)')
    .addColumn('provider', 'varchar(16)', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('takes_equal', 'boolean', (column) => column.notNull())
    .addColumn('held_order', 'text')
    .addColumn('return_url', 'varchar(2000)')
    .addColumn('reason', 'varchar(40)')
    .addColumn('pay_by', 'datetime(3)', (column) => column.notNull())
    .addColumn('lease_until', 'datetime(3)')
    .addColumn('due_on', 'datetime(3)')
    .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('note', 'varchar(255)')
    .addColumn('traceparent', 'varchar(55)')
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('ended_on', 'datetime(3)')
    .addUniqueConstraint('checkouts_of_hold', ['hold_id'])
    .addIndex('checkouts_due', ['due_on'])
    .addIndex('checkouts_of_event', ['event_id', 'state'])
    .addIndex('checkouts_of_order', ['order_id'])
    .addIndex('checkouts_by_time', ['created_on'])
    .execute();
  await create('payment_attempts')
    .addColumn('checkout_id', 'binary(16)', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('provider', 'varchar(16)', (column) => column.notNull())
    .addColumn('provider_ref', 'varchar(128)')
    .addColumn('state', 'varchar(20)', (column) => column.notNull())
    .addColumn('amount', 'decimal(19, 4)', (column) => column.notNull())
    .addColumn('captured', 'decimal(19, 4)', (column) => column.notNull().defaultTo(0))
    .addColumn('currency', 'char(3)', (column) => column.notNull())
    .addColumn('action_url', 'varchar(2000)')
    .addColumn('decline_code', 'varchar(64)')
    .addColumn('dispute', 'varchar(20)')
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('changed_on', 'datetime(3)', (column) => column.notNull())
    .addPrimaryKeyConstraint('payment_attempts_pk', ['checkout_id', 'attempt'])
    .addUniqueConstraint('payment_attempts_of_provider', ['provider', 'provider_ref'])
    .addIndex('payment_attempts_by_change', ['changed_on'])
    .execute();
  await create('refunds')
    .addColumn('refund_id', 'binary(16)', (column) => column.primaryKey())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('state', 'varchar(20)', (column) => column.notNull())
    .addColumn('checkout_id', 'binary(16)', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('order_id', 'binary(16)')
    .addColumn('event_id', 'varchar(64)', (column) => column.notNull())
    .addColumn('organiser_id', 'varchar(32)', (column) => column.notNull())
    .addColumn('provider', 'varchar(16)', (column) => column.notNull())
    .addColumn('provider_ref', 'varchar(128)')
    .addColumn('amount', 'decimal(19, 4)', (column) => column.notNull())
    .addColumn('currency', 'char(3)', (column) => column.notNull())
    .addColumn('ticket_ids', 'text')
    .addColumn('seats', 'varchar(8)', (column) => column.notNull())
    .addColumn('reason', 'varchar(255)', (column) => column.notNull())
    .addColumn('principal', 'varchar(160)', (column) => column.notNull())
    .addColumn('request_key', 'varchar(160)', (column) => column.notNull())
    .addColumn('due_on', 'datetime(3)')
    .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('note', 'varchar(255)')
    .addColumn('created_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('ended_on', 'datetime(3)')
    .addUniqueConstraint('refunds_of_provider', ['provider', 'provider_ref'])
    .addUniqueConstraint('refunds_of_request', ['checkout_id', 'request_key'])
    .addIndex('refunds_due', ['due_on'])
    .addIndex('refunds_of_event', ['event_id', 'state'])
    .addIndex('refunds_of_order', ['order_id'])
    .execute();
  await create('provider_inbox')
    .addColumn('provider', 'varchar(16)', (column) => column.notNull())
    .addColumn('provider_event_id', 'varchar(128)', (column) => column.notNull())
    .addColumn('type', 'varchar(64)', (column) => column.notNull())
    .addColumn('payment_ref', 'varchar(128)')
    .addColumn('refund_ref', 'varchar(128)')
    .addColumn('received_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('due_on', 'datetime(3)')
    .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('note', 'varchar(255)')
    .addPrimaryKeyConstraint('provider_inbox_pk', ['provider', 'provider_event_id'])
    .addIndex('provider_inbox_due', ['due_on'])
    .addIndex('provider_inbox_by_time', ['received_on'])
    .execute();
  await create('checkout_outbox')
    .addColumn('outbox_id', 'bigint', (column) => column.primaryKey().autoIncrement())
    .addColumn('event_id', 'varchar(64)', (column) => column.notNull())
    .addColumn('type', 'varchar(64)', (column) => column.notNull())
    .addColumn('happened_on', 'datetime(3)', (column) => column.notNull())
    .addColumn('traceparent', 'varchar(55)')
    .addColumn('data', 'text', (column) => column.notNull())
    .execute();
  await create('payment_providers')
    .addColumn('provider', 'varchar(16)', (column) => column.primaryKey())
    .addColumn('breaker', 'varchar(10)', (column) => column.notNull())
    .addColumn('changed_on', 'datetime(3)', (column) => column.notNull())
    .execute();
  // What becomes of the seats of a cancelled event, and whether an event's seats must be paid for. Both tables are small.
  if (!(await hasColumn(db, 'event_jobs', 'seats')))
    await sql`alter table event_jobs add column seats varchar(8) not null default 'free'`.execute(db);
  if (!(await hasColumn(db, 'events', 'payment')))
    await sql`alter table events add column payment varchar(10) not null default 'none'`.execute(db);
  await addPaidBy(db);
}

const paidBy: Statement = { makes: 'paid_by', alter: 'alter table tickets add column paid_by varchar(16), algorithm=instant' };

/** MariaDB cannot add the column while a key has a virtual column, so that key is made anew, as in `0011-tickets-of-halls.ts`. */
const liveKey = 'tickets_live_seat_label';
const seatKey = 'tickets_by_seat_until_0018';
const liveKeyAgain: Statement = {
  makes: liveKey,
  alter: `alter table tickets add unique key ${liveKey} (event_id, zone_id, seat_row, seat_column, seat_label, live), ${online}`,
};

async function addPaidBy(db: Kysely<unknown>): Promise<void> {
  const onMariadb: Statement[] = [
    { makes: seatKey, alter: `alter table tickets add key ${seatKey} (event_id, zone_id, seat_row, seat_column), ${online}` },
    dropKey(liveKey),
    paidBy,
    liveKeyAgain,
    dropKey(seatKey),
  ];
  await alterTickets(db, { mysql: [paidBy], mariadb: onMariadb });
}
