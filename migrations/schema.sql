create table account_audits (
  audit_id binary(16) not null,
  organiser_id varchar(32),
  account_id binary(16),
  principal varchar(80) not null,
  action varchar(40) not null,
  details varchar(1000) not null,
  happened_on datetime(3) not null,
  key account_audits_of_account (account_id, audit_id),
  key account_audits_of_organiser (organiser_id, audit_id),
  primary key (audit_id)
) collate utf8mb4_bin;

create table accounts (
  account_id binary(16) not null,
  email varchar(512),
  email_key varchar(512),
  name varchar(100) not null,
  password_hash varchar(255),
  created_on datetime(3) not null,
  deleted_on datetime(3),
  unique key email_key (email_key),
  primary key (account_id)
) collate utf8mb4_bin;

create table api_keys (
  key_id varchar(16) not null,
  organiser_id varchar(32) not null,
  name varchar(100) not null,
  digest binary(32) not null,
  scopes varchar(200) not null,
  plan varchar(16) not null,
  created_by varchar(80) not null,
  created_on datetime(3) not null,
  expires_on datetime(3),
  revoked_on datetime(3),
  last_used_on datetime(3),
  key api_keys_of_organiser (organiser_id, created_on),
  primary key (key_id)
) collate utf8mb4_bin;

create table catalogue_audit (
  audit_id bigint not null,
  changed_on datetime(3) not null,
  organiser_id varchar(32) not null,
  subject varchar(8) not null,
  subject_id varchar(64) not null,
  principal varchar(160) not null,
  action varchar(32) not null,
  changes mediumtext not null,
  key catalogue_audit_by_subject (subject, subject_id, audit_id),
  primary key (audit_id)
) collate utf8mb4_bin;

create table checkout_outbox (
  outbox_id bigint not null,
  event_id varchar(64) not null,
  type varchar(64) not null,
  happened_on datetime(3) not null,
  traceparent varchar(55),
  data text not null,
  primary key (outbox_id)
) collate utf8mb4_bin;

create table checkouts (
  checkout_id binary(16) not null,
  version int not null,
  state varchar(20) not null,
  hold_id varchar(96) not null,
  event_id varchar(64) not null,
  organiser_id varchar(32) not null,
  order_id binary(16),
  buyer_id varchar(128),
  email varchar(320) not null,
  amount decimal(19,4),
  currency char(3),
  provider varchar(16) not null,
  attempt int not null,
  takes_equal tinyint not null,
  held_order text,
  return_url varchar(2000),
  reason varchar(40),
  pay_by datetime(3) not null,
  lease_until datetime(3),
  due_on datetime(3),
  failures int not null,
  note varchar(255),
  traceparent varchar(55),
  created_on datetime(3) not null,
  ended_on datetime(3),
  key checkouts_by_time (created_on),
  key checkouts_due (due_on),
  key checkouts_of_event (event_id, state),
  unique key checkouts_of_hold (hold_id),
  key checkouts_of_order (order_id),
  primary key (checkout_id)
) collate utf8mb4_bin;

create table conflict_notices (
  ticket_id binary(16) not null,
  told_on datetime(3) not null,
  primary key (ticket_id)
) collate utf8mb4_bin;

create table event_documents (
  event_id varchar(64) not null,
  document mediumtext not null,
  primary key (event_id)
) collate utf8mb4_bin;

create table event_jobs (
  event_id varchar(64) not null,
  kind varchar(8) not null,
  principal varchar(160) not null,
  created_on datetime(3) not null,
  due_on datetime(3),
  finished_on datetime(3),
  scan_cursor varchar(32) not null,
  total int,
  failures int not null,
  note varchar(1000),
  seats varchar(8) not null,
  key event_jobs_due (due_on),
  primary key (event_id, kind)
) collate utf8mb4_bin;

create table event_words (
  word varchar(32) not null,
  event_id varchar(64) not null,
  key event_words_by_event (event_id, word),
  primary key (word, event_id)
) collate utf8mb4_bin;

create table event_zones (
  event_id varchar(64) not null,
  zone_id int not null,
  seat_rows int,
  seat_columns int,
  capacity int not null,
  price decimal(19,4),
  currency char(3) not null,
  focus_row double,
  focus_column double,
  name varchar(200) not null,
  hall mediumtext,
  blocked mediumtext,
  categories text,
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
  state varchar(16) not null,
  off_sale_at datetime(3),
  starts_at datetime(3),
  time_zone varchar(64),
  tickets_per_order int,
  offer mediumtext,
  organiser_id varchar(32) not null,
  buyers varchar(16) not null,
  version int not null,
  begins_at datetime(3) generated always as (coalesce(starts_at,on_sale_at)),
  is_listed tinyint generated always as (if(state = 'draft' or state = 'archived',NULL,1)),
  payment varchar(10) not null,
  key events_by_organiser (organiser_id, event_id),
  key events_listed (is_listed, begins_at, event_id),
  key events_listed_by_venue (venue_id, is_listed, begins_at, event_id),
  primary key (event_id)
) collate utf8mb4_bin;

create table external_identities (
  issuer varchar(255) not null,
  subject varchar(255) not null,
  account_id binary(16) not null,
  linked_on datetime(3) not null,
  used_on datetime(3) not null,
  key external_identities_of_account (account_id),
  primary key (issuer, subject)
) collate utf8mb4_bin;

create table halls (
  organiser_id varchar(32) not null,
  hall_id varchar(64) not null,
  name varchar(200) not null,
  venue_id varchar(64),
  zones mediumtext not null,
  version int not null,
  primary key (organiser_id, hall_id)
) collate utf8mb4_bin;

create table invitations (
  organiser_id varchar(32) not null,
  email_key varchar(512) not null,
  email varchar(512) not null,
  roles varchar(100) not null,
  invited_by varchar(80) not null,
  invited_on datetime(3) not null,
  expires_on datetime(3) not null,
  token_digest binary(32),
  key invitations_by_email (email_key),
  key invitations_by_expiry (expires_on),
  unique key invitations_by_token (token_digest),
  primary key (organiser_id, email_key)
) collate utf8mb4_bin;

create table known_addresses (
  account_id binary(16) not null,
  address_digest binary(32) not null,
  used_on datetime(3) not null,
  key known_addresses_by_time (used_on),
  primary key (account_id, address_digest)
) collate utf8mb4_bin;

create table mail_limits (
  address_digest binary(32) not null,
  kind varchar(32) not null,
  free_on datetime(3) not null,
  key mail_limits_free (free_on),
  primary key (address_digest, kind)
) collate utf8mb4_bin;

create table mails (
  mail_id binary(16) not null,
  kind varchar(32) not null,
  recipient varchar(320) not null,
  data text,
  created_on datetime(3) not null,
  due_on datetime(3),
  attempts int not null,
  given_up_on datetime(3),
  last_error varchar(255),
  key mails_due (due_on),
  key mails_given_up (given_up_on),
  primary key (mail_id)
) collate utf8mb4_bin;

create table members (
  organiser_id varchar(32) not null,
  account_id binary(16) not null,
  roles varchar(100) not null,
  added_on datetime(3) not null,
  key members_of_account (account_id),
  primary key (organiser_id, account_id)
) collate utf8mb4_bin;

create table one_time_tokens (
  digest binary(32) not null,
  kind varchar(16) not null,
  account_id binary(16),
  email varchar(512) not null,
  email_key varchar(512) not null,
  name varchar(100) not null,
  password_hash varchar(255),
  created_on datetime(3) not null,
  expires_on datetime(3) not null,
  key one_time_tokens_by_email (email_key, kind, created_on),
  key one_time_tokens_by_expiry (expires_on),
  key one_time_tokens_of_account (account_id),
  primary key (digest)
) collate utf8mb4_bin;

create table order_events (
  event_id varchar(64) not null,
  sequence bigint not null,
  order_id binary(16) not null,
  buyer_id varchar(128),
  applied_on datetime(3),
  key order_events_by_buyer (buyer_id, event_id, sequence),
  key order_events_by_order (order_id),
  primary key (event_id, sequence)
) collate utf8mb4_bin;

create table organisers (
  organiser_id varchar(32) not null,
  name varchar(100) not null,
  plan varchar(16) not null,
  created_on datetime(3) not null,
  primary key (organiser_id)
) collate utf8mb4_bin;

create table payment_attempts (
  checkout_id binary(16) not null,
  attempt int not null,
  provider varchar(16) not null,
  provider_ref varchar(128),
  state varchar(20) not null,
  amount decimal(19,4) not null,
  captured decimal(19,4) not null,
  currency char(3) not null,
  action_url varchar(2000),
  decline_code varchar(64),
  dispute varchar(20),
  created_on datetime(3) not null,
  changed_on datetime(3) not null,
  key payment_attempts_by_change (changed_on),
  unique key payment_attempts_of_provider (provider, provider_ref),
  primary key (checkout_id, attempt)
) collate utf8mb4_bin;

create table payment_providers (
  provider varchar(16) not null,
  breaker varchar(10) not null,
  changed_on datetime(3) not null,
  primary key (provider)
) collate utf8mb4_bin;

create table provider_inbox (
  provider varchar(16) not null,
  provider_event_id varchar(128) not null,
  type varchar(64) not null,
  payment_ref varchar(128),
  refund_ref varchar(128),
  received_on datetime(3) not null,
  due_on datetime(3),
  failures int not null,
  note varchar(255),
  primary key (provider, provider_event_id),
  key provider_inbox_by_time (received_on),
  key provider_inbox_due (due_on)
) collate utf8mb4_bin;

create table refunds (
  refund_id binary(16) not null,
  version int not null,
  state varchar(20) not null,
  checkout_id binary(16) not null,
  attempt int not null,
  order_id binary(16),
  event_id varchar(64) not null,
  organiser_id varchar(32) not null,
  provider varchar(16) not null,
  provider_ref varchar(128),
  amount decimal(19,4) not null,
  currency char(3) not null,
  ticket_ids text,
  seats varchar(8) not null,
  reason varchar(255) not null,
  principal varchar(160) not null,
  request_key varchar(160) not null,
  due_on datetime(3),
  failures int not null,
  note varchar(255),
  created_on datetime(3) not null,
  ended_on datetime(3),
  primary key (refund_id),
  key refunds_due (due_on),
  key refunds_of_event (event_id, state),
  key refunds_of_order (order_id),
  unique key refunds_of_provider (provider, provider_ref),
  unique key refunds_of_request (checkout_id, request_key)
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

create table sessions (
  session_id binary(16) not null,
  account_id binary(16) not null,
  method varchar(64) not null,
  salt binary(32) not null,
  generation int not null,
  rotated_on datetime(3),
  created_on datetime(3) not null,
  expires_on datetime(3) not null,
  primary key (session_id),
  key sessions_by_expiry (expires_on),
  key sessions_of_account (account_id)
) collate utf8mb4_bin;

create table sign_in_failures (
  subject binary(32) not null,
  failures int not null,
  failed_on datetime(3) not null,
  primary key (subject),
  key sign_in_failures_by_time (failed_on)
) collate utf8mb4_bin;

create table signing_keys (
  number int not null,
  kid varchar(64) not null,
  public_key varchar(255) not null,
  private_key varbinary(255) not null,
  created_on datetime(3) not null,
  signs_from datetime(3) not null,
  primary key (number)
) collate utf8mb4_bin;

create table tickets (
  ticket_id binary(16) not null,
  order_id binary(16) not null,
  venue_id varchar(64) not null,
  event_id varchar(64) not null,
  zone_id int not null,
  seat_row varchar(10),
  seat_column smallint,
  price decimal(19,4) not null,
  currency char(3) not null,
  status varchar(10) not null,
  sequence bigint not null,
  created_on datetime(3) not null,
  cancelled_on datetime(3),
  live tinyint generated always as (if(status = 'PAID',1,NULL)),
  cancelled_sequence bigint,
  seat_label varchar(8) not null,
  category varchar(32),
  ticket_type varchar(32),
  promotion varchar(32),
  full_price decimal(19,4),
  exchanged_for binary(16),
  paid_by varchar(16),
  primary key (ticket_id),
  key tickets_by_sequence (event_id, sequence),
  key tickets_by_time (created_on, event_id, sequence),
  unique key tickets_live_seat_label (event_id, zone_id, seat_row, seat_column, seat_label, live)
) collate utf8mb4_bin;

create table used_oidc_states (
  digest binary(32) not null,
  expires_on datetime(3) not null,
  primary key (digest),
  key used_oidc_states_by_expiry (expires_on)
) collate utf8mb4_bin;

create table venues (
  organiser_id varchar(32) not null,
  venue_id varchar(64) not null,
  name varchar(200) not null,
  time_zone varchar(64),
  version int not null,
  primary key (organiser_id, venue_id)
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

alter table event_zones add constraint event_zones_event foreign key (event_id) references events (event_id);
