create table conflict_notices (
  ticket_id binary(16) not null,
  told_on datetime(3) not null,
  primary key (ticket_id)
) collate utf8mb4_bin;

create table event_zones (
  event_id varchar(64) not null,
  zone_id int not null,
  seat_rows int,
  seat_columns int,
  capacity int not null,
  price decimal(19,4) not null,
  currency char(3) not null,
  focus_row double,
  focus_column double,
  name varchar(200) not null,
  primary key (event_id, zone_id)
) collate utf8mb4_bin;

create table events (
  event_id varchar(64) not null,
  venue_id varchar(64) not null,
  name varchar(200) not null,
  currency char(3) not null,
  on_sale_at datetime(3) not null,
  tickets_per_buyer int,
  hold_ms int,
  epoch int not null,
  venue_name varchar(200) not null,
  primary key (event_id)
) collate utf8mb4_bin;

create table order_events (
  event_id varchar(64) not null,
  sequence bigint not null,
  order_id binary(16) not null,
  buyer_id varchar(64),
  applied_on datetime(3),
  key order_events_by_buyer (buyer_id, event_id, sequence),
  key order_events_by_order (order_id),
  primary key (event_id, sequence)
) collate utf8mb4_bin;

create table sales_by_zone (
  event_id varchar(64) not null,
  zone_id int not null,
  tickets int not null,
  revenue decimal(19,4) not null,
  primary key (event_id, zone_id)
) collate utf8mb4_bin;

create table seat_conflicts (
  ticket_id binary(16) not null,
  order_id binary(16) not null,
  live_ticket_id binary(16) not null,
  live_order_id binary(16) not null,
  recorded_on datetime(3) not null,
  primary key (ticket_id)
) collate utf8mb4_bin;

create table tickets (
  ticket_id binary(16) not null,
  order_id binary(16) not null,
  venue_id varchar(64) not null,
  event_id varchar(64) not null,
  zone_id int not null,
  seat_row varchar(3),
  seat_column smallint,
  price decimal(19,4) not null,
  currency char(3) not null,
  status varchar(10) not null,
  sequence bigint not null,
  created_on datetime(3) not null,
  cancelled_on datetime(3),
  live tinyint generated always as (if(status = 'PAID',1,NULL)),
  cancelled_sequence bigint,
  primary key (ticket_id),
  key tickets_by_sequence (event_id, sequence),
  key tickets_by_time (created_on, event_id, sequence),
  unique key tickets_live_seat (event_id, zone_id, seat_row, seat_column, live)
) collate utf8mb4_bin;

create table venues (
  venue_id varchar(64) not null,
  name varchar(200) not null,
  primary key (venue_id)
) collate utf8mb4_bin;

create table verifications (
  event_id varchar(64) not null,
  verified_on datetime(3) not null,
  differences int not null,
  tickets int not null,
  revenue decimal(19,4) not null,
  summary varchar(1000) not null,
  primary key (event_id)
) collate utf8mb4_bin;

create table zones (
  venue_id varchar(64) not null,
  zone_id int not null,
  name varchar(200) not null,
  primary key (venue_id, zone_id)
) collate utf8mb4_bin;

alter table event_zones add constraint event_zones_event foreign key (event_id) references events (event_id);
alter table zones add constraint zones_venue foreign key (venue_id) references venues (venue_id);
