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
    state: Generated<EventState>;
    /** From then on nothing is sold. NULL: never. */
    off_sale_at: Generated<Date | null>;
    starts_at: Generated<Date | null>;
    /** An IANA time zone. NULL: the venue has none. */
    time_zone: Generated<string | null>;
    /** NULL: the default number of tickets in an order. */
    tickets_per_order: Generated<number | null>;
    /** JSON of its ticket types, categories and promotions (inventory/offer.ts). NULL: none. */
    offer: Generated<string | null>;
    organiser_id: Generated<string>;
    buyers: Generated<Buyers>;
    payment: Generated<EventPayment>;
    /** Grows with each change that the organiser's API shows. */
    version: Generated<number>;
    /** When it begins; if that is unknown, when it goes on sale. */
    begins_at: GeneratedAlways<Date>;
    /** 1 if buyers may see it among others, else NULL. */
    is_listed: GeneratedAlways<number | null>;
  };
  /** An event as its file describes it: JSON. */
  event_documents: { event_id: string; document: string };
  /** The words of an event's name and its venue's (inventory/plan/event-words.ts). */
  event_words: { word: string; event_id: string };
  /** Who changed what in the catalogue. `changes`: JSON list of lines. */
  catalogue_audit: {
    audit_id: Generated<number>;
    changed_on: Date;
    organiser_id: string;
    subject: 'event' | 'venue' | 'hall';
    subject_id: string;
    principal: string;
    action: string;
    changes: string;
  };
  /** Work on a whole event, which any process may go on with (services/catalogue/jobs). */
  event_jobs: {
    event_id: string;
    kind: 'cancel' | 'archive';
    principal: string;
    created_on: Date;
    /** When to go on with it. NULL: it has ended. */
    due_on: Date | null;
    /** NULL: not successfully yet. */
    finished_on: Date | null;
    scan_cursor: Generated<string>;
    /** Tickets that were live when it began. NULL: it has not begun. */
    total: number | null;
    failures: Generated<number>;
    note: string | null;
    /** What becomes of the seats of a cancelled event. */
    seats: Generated<'free' | 'blocked'>;
  };
  venues: { organiser_id: string; venue_id: string; name: string; time_zone: string | null; version: number };
  /** `zones`: JSON of an event file's zones. */
  halls: { organiser_id: string; hall_id: string; name: string; venue_id: string | null; zones: string; version: number };
  /** A seated zone has rows and columns; a general-admission zone has neither. Both have a capacity. */
  event_zones: {
    event_id: string;
    zone_id: number;
    name: string;
    seat_rows: number | null;
    seat_columns: number | null;
    capacity: number;
    /** NULL: the prices are those of its categories. */
    price: Decimal | null;
    currency: string;
    /** The point that the best seats are nearest to. NULL: the middle of the front row, or no seats. */
    focus_row: number | null;
    focus_column: number | null;
    /** JSON of a hall's rows and their drawing (inventory/plan/catalogue.ts). NULL: a grid, or general admission. */
    hall: Generated<string | null>;
    /** JSON list of the seats that are not for sale. NULL: none. */
    blocked: Generated<string | null>;
    /** JSON list of the ids of the zone's categories. NULL: it has a price. */
    categories: Generated<string | null>;
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
    /** With seat_column and seat_label: its seat (seat-columns.ts). */
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
    seat_label: Generated<string>;
    category: string | null;
    ticket_type: string | null;
    promotion: string | null;
    /** The price without the promotion. NULL: it is the price. */
    full_price: Decimal | null;
    /** The ticket that replaced this one; then the exchange cancelled it. */
    exchanged_for: Buffer | null;
    /** How its order was paid, if that is known. */
    paid_by: PaidBy | null;
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
  /** A deleted account keeps only its id, which its orders name, and its times. */
  accounts: {
    account_id: Buffer;
    /** As its owner wrote it; always verified. NULL: deleted, or a provider vouches for no address. */
    email: string | null;
    /** What addresses are compared by (email-address.ts). */
    email_key: string | null;
    name: Generated<string>;
    /** A PHC string. NULL: signs in by link or by a provider only. */
    password_hash: string | null;
    created_on: Date;
    deleted_on: Date | null;
  };
  /** A sign-in that lasts. Its refresh tokens are derived from `salt` and `generation` (refresh-token.ts), and not stored. */
  sessions: {
    session_id: Buffer;
    account_id: Buffer;
    /** `password`, `link`, `oidc:<provider>` … */
    method: string;
    salt: Buffer;
    /** The number of the token that is valid now: 1, 2, 3 … */
    generation: number;
    /** NULL: its first token was not used yet. */
    rotated_on: Date | null;
    created_on: Date;
    expires_on: Date;
  };
  /** Secrets sent by mail, by their SHA-256. A row of an address without account is there so that both cases cost the same. */
  one_time_tokens: {
    digest: Buffer;
    kind: OneTimeKind;
    account_id: Buffer | null;
    email: string;
    email_key: string;
    created_on: Date;
    expires_on: Date;
  };
  /** Wrong passwords by subject: the SHA-256 of an account's or a client's address, or of both. */
  sign_in_failures: { subject: Buffer; failures: number; failed_on: Date };
  /** The SHA-256 of the addresses and devices from which an account has signed in. */
  known_addresses: { account_id: Buffer; address_digest: Buffer; used_on: Date };
  /** `plan`: the best plan that its API keys may have. */
  organisers: { organiser_id: string; name: string; plan: Generated<string>; created_on: Date };
  /** `roles`: separated by commas. */
  members: { organiser_id: string; account_id: Buffer; roles: string; added_on: Date };
  /** Becomes a membership once the owner of the address accepts it. */
  invitations: {
    organiser_id: string;
    email_key: string;
    email: string;
    roles: string;
    invited_by: string;
    invited_on: Date;
    expires_on: Date;
    /** The SHA-256 of the token in the mail's link. NULL: from before there were any. */
    token_digest: Buffer | null;
  };
  api_keys: {
    key_id: string;
    organiser_id: string;
    name: string;
    /** SHA-256 of the secret. */
    digest: Buffer;
    /** Separated by commas. */
    scopes: string;
    plan: string;
    created_by: string;
    created_on: Date;
    expires_on: Date | null;
    revoked_on: Date | null;
    last_used_on: Date | null;
  };
  /** Who changed what about accounts, members and keys, and when. No personal data: it outlives the accounts. */
  account_audits: {
    /** A UUIDv7, so in order of time. */
    audit_id: Buffer;
    organiser_id: string | null;
    account_id: Buffer | null;
    principal: string;
    action: string;
    /** JSON. */
    details: string;
    happened_on: Date;
  };
  /** The keys that sign access tokens, in the order in which they sign (accounts/tokens/signing-keys.ts). */
  signing_keys: {
    number: number;
    /** The key's thumbprint (RFC 7638). */
    kid: string;
    /** A JWK, as JSON. */
    public_key: string;
    /** Encrypted (accounts/tokens/seal.ts). */
    private_key: Buffer;
    created_on: Date;
    signs_from: Date;
  };
  /** Mails that wait to be sent, and those given up; a mail that was sent is deleted (accounts/mail). */
  mails: {
    mail_id: Buffer;
    kind: string;
    /** '' once given up. */
    recipient: string;
    /** JSON of what its template needs. NULL once given up, because it may contain a secret link. */
    data: string | null;
    created_on: Date;
    /** When it is sent, or tried again. NULL once given up. */
    due_on: Date | null;
    attempts: Generated<number>;
    given_up_on: Generated<Date | null>;
    last_error: Generated<string | null>;
  };
  /** How soon an address may get another mail of a kind (accounts/mail/mail-limit.ts). */
  mail_limits: { address_digest: Buffer; kind: string; free_on: Date };
  /** An account at an OpenID provider that signs in to one of ours. */
  external_identities: { issuer: string; subject: string; account_id: Buffer; linked_on: Date; used_on: Date };
  /** Sign-ins with a provider that have come back, by the SHA-256 of their state, until they expire. */
  used_oidc_states: { digest: Buffer; expires_on: Date };
  /** A hold that is being paid, or was (services/checkout/saga/states.ts). */
  checkouts: {
    checkout_id: Buffer;
    /** Grows with each transition, and decides which of two concurrent ones happens. */
    version: number;
    state: CheckoutState;
    /** The hold that it pays now; another one after its seats were lost. */
    hold_id: string;
    event_id: string;
    organiser_id: string;
    /** The order that the hold becomes. NULL: purchase has not said yet. */
    order_id: Buffer | null;
    buyer_id: string | null;
    email: string;
    /** NULL: purchase has not said yet. */
    amount: Decimal | null;
    currency: string | null;
    /** Of the newest attempt. */
    provider: ProviderName;
    /** The number of the newest attempt; 0: none yet. */
    attempt: number;
    /** 1: the buyer takes equal seats if these are lost. */
    takes_equal: number;
    /** JSON of the tickets that are paid. */
    held_order: string | null;
    return_url: string | null;
    /** Why it ended, or what it waits for; a code. */
    reason: string | null;
    /** Until then the buyer may begin to pay. */
    pay_by: Date;
    /** Until then the hold cannot expire, as far as is known. */
    lease_until: Date | null;
    /** When to go on with it. NULL: nothing is to be done. */
    due_on: Date | null;
    /** Of the step that its state asks for, in a row. */
    failures: Generated<number>;
    note: string | null;
    traceparent: string | null;
    created_on: Date;
    ended_on: Date | null;
  };
  /** What was tried at a provider. `provider_ref` is NULL until the provider has answered. */
  payment_attempts: {
    checkout_id: Buffer;
    attempt: number;
    provider: ProviderName;
    provider_ref: string | null;
    state: AttemptState;
    amount: Decimal;
    captured: ColumnType<string, string | undefined, string>;
    currency: string;
    /** Where the buyer goes on: a page of the provider. */
    action_url: string | null;
    decline_code: string | null;
    /** The provider's word for its state. NULL: there was none. */
    dispute: string | null;
    created_on: Date;
    changed_on: Date;
  };
  refunds: {
    refund_id: Buffer;
    version: number;
    state: RefundState;
    checkout_id: Buffer;
    attempt: number;
    /** NULL: of a payment that bought nothing. */
    order_id: Buffer | null;
    event_id: string;
    organiser_id: string;
    provider: ProviderName;
    provider_ref: string | null;
    amount: Decimal;
    currency: string;
    /** JSON list of the tickets that it cancels; [] for none. NULL: the whole order. */
    ticket_ids: string | null;
    /** What becomes of the cancelled tickets' seats. */
    seats: 'free' | 'blocked';
    reason: string;
    /** Who asked for it; `provider` if it was made at the provider's dashboard. */
    principal: string;
    /** The same request, repeated, has the same key. */
    request_key: string;
    due_on: Date | null;
    failures: Generated<number>;
    note: string | null;
    created_on: Date;
    ended_on: Date | null;
  };
  /** Webhooks as they came, each once. NULL `due_on`: it was handled. */
  provider_inbox: {
    provider: ProviderName;
    provider_event_id: string;
    type: string;
    payment_ref: string | null;
    refund_ref: string | null;
    received_on: Date;
    due_on: Date | null;
    failures: Generated<number>;
    note: string | null;
  };
  /** Domain events of checkouts that SNS has not accepted yet. */
  checkout_outbox: {
    outbox_id: Generated<number>;
    event_id: string;
    type: string;
    happened_on: Date;
    traceparent: string | null;
    /** JSON. */
    data: string;
  };
  /** What the circuit breaker in front of a provider was last, in any process. */
  payment_providers: { provider: ProviderName; breaker: 'closed' | 'open' | 'half-open'; changed_on: Date };
};

/** `required`: strangers and buyers get tickets through checkout only. */
export type EventPayment = 'none' | 'required';

/** `checkout`: a payment that checkout knows. The others: as the seller said. */
export type PaidBy = 'checkout' | 'cash' | 'card' | 'invoice' | 'complimentary';

export type ProviderName = 'stripe' | 'paypal';

/** The state of a checkout; services/checkout/saga/states.ts says what each means and leads to. */
export type CheckoutState =
  | 'opening'
  | 'awaiting_payment'
  | 'cancelling'
  | 'releasing'
  | 'confirming'
  | 'replacing'
  | 'voiding'
  | 'capturing'
  | 'undoing'
  | 'paid'
  | 'cancelled'
  | 'failed';

/** `failed` is not final for the checkout: the buyer may try again. */
export type AttemptState = 'created' | 'requires_action' | 'processing' | 'authorized' | 'captured' | 'failed' | 'voided';

/** `external`: it was made at the provider's dashboard, and adopted. */
export type RefundState = 'created' | 'pending' | 'done' | 'failed' | 'cancelled' | 'external';

export type OneTimeKind = 'sign-up' | 'reset' | 'sign-in' | 'email-change';

/** Whether buyers may see an event and buy its tickets; when published, its times decide. Redis decides for an event that it has. */
export type EventState = 'draft' | 'published' | 'paused' | 'closed' | 'archived';

/** Who may buy an event's tickets. `signed-in`: only accounts, and those who may sell for its organiser. */
export type Buyers = 'anyone' | 'signed-in';

/** CONFLICTED: sold, but another ticket already owned the seat; see seat_conflicts. */
type TicketStatus = 'PAID' | 'CANCELLED' | 'CONFLICTED';

type Decimal = ColumnType<string, string, string>;
