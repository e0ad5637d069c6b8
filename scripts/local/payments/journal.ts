import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { getOrInsertComputed } from '../../../services/shared/basics/get-or-insert.ts';
import type { ProviderName } from '../../../services/shared/stores/schema.ts';

/** `approved`: of PayPal's; the buyer agreed, and our server may authorize it. */
export type LocalState =
  | 'created'
  | 'requires_action'
  | 'processing'
  | 'approved'
  | 'authorized'
  | 'captured'
  | 'failed'
  | 'voided';

/** A payment. Amounts are in minor units as its provider counts them, times in ms since 1970. Objects are replaced, never changed. */
export type LocalPayment = {
  ref: string;
  provider: ProviderName;
  state: LocalState;
  amount: number;
  currency: string;
  createdOn: number;
  description: string;
  /** Stripe's metadata; of PayPal `{ custom_id }`. */
  metadata: Record<string, string>;
  clientSecret: string;
  captured: number;
  /** The ids of what belongs to it: a charge; or an authorization and a capture. */
  chargeId?: string;
  authorizationId?: string;
  captureId?: string;
  declineCode?: string;
  /** The authorization expired by itself. */
  isExpired?: boolean;
  /** Its method takes the money without waiting for a capture. */
  isAutomatic?: boolean;
  /** What an authorization of an approved order will say. */
  authorizesTo?: 'authorized' | 'failed' | 'processing';
  /** Its refunds stay pending. */
  refundsPend?: boolean;
  dispute?: { id: string; status: string };
  returnUrl?: string;
  /** An act that happens by itself, later. */
  later?: { act: string; onMs: number };
};

export type LocalRefund = {
  ref: string;
  paymentRef: string;
  amount: number;
  state: 'pending' | 'done' | 'failed' | 'cancelled';
  createdOn: number;
  metadata: Record<string, string>;
};

/** Something that happened. `body`: the webhook; absent once it was delivered. `notBeforeMs`: it is not sent earlier. */
export type LocalEvent = {
  id: string;
  provider: ProviderName;
  type: string;
  createdOn: number;
  ref: string;
  objectId: string;
  body?: string;
  notBeforeMs?: number;
};

/** The reply to a request with an idempotency key. */
export type LocalReply = { key: string; fingerprint: string; status: number; body: unknown; createdOn: number };

export type Changes = { payments?: LocalPayment[]; refunds?: LocalRefund[]; events?: LocalEvent[]; replies?: LocalReply[] };

export type Journal = ReturnType<typeof openJournal>;

/** Both providers prune keys; Stripe after a day. */
const keepRepliesMs = 24 * 3_600_000;

/**
 * What the provider knows, in memory and in a file to which each change is appended before anybody learns of it. So a process that is killed
 * forgets nothing that it has said. A line is a whole change: the payment, its events and the reply. An unfinished last line was never answered.
 */
export function openJournal(file: string) {
  const payments = new Map<string, LocalPayment>();
  const refunds = new Map<string, LocalRefund>();
  const events = new Map<string, LocalEvent>();
  const replies = new Map<string, LocalReply>();
  const refsOfParts = new Map<string, string>();
  const refundsByPayment = new Map<string, Set<string>>();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) apply(JSON.parse(line) as Changes);
    compact();
  }
  const descriptor = openSync(file, 'a', 0o600);

  return {
    payments,
    refunds,
    events,
    replies,
    /** The payment with this authorization or capture. */
    withPart: (id: string) => payments.get(refsOfParts.get(id) ?? ''),
    refundsOf: (paymentRef: string) => [...(refundsByPayment.get(paymentRef) ?? [])].flatMap((ref) => refunds.get(ref) ?? []),
    commit(changes: Changes): void {
      writeSync(descriptor, `${JSON.stringify(changes)}\n`);
      apply(changes);
    },
    close: () => closeSync(descriptor),
  };

  function apply(changes: Changes): void {
    for (const payment of changes.payments ?? []) {
      payments.set(payment.ref, payment);
      for (const id of [payment.authorizationId, payment.captureId]) if (id !== undefined) refsOfParts.set(id, payment.ref);
    }
    for (const refund of changes.refunds ?? []) {
      refunds.set(refund.ref, refund);
      getOrInsertComputed(refundsByPayment, refund.paymentRef, () => new Set<string>()).add(refund.ref);
    }
    for (const event of changes.events ?? []) events.set(event.id, event);
    for (const reply of changes.replies ?? []) replies.set(reply.key, reply);
  }

  /** Writes what is known now as a new file, without what it was before. */
  function compact(): void {
    for (const { key, createdOn } of replies.values()) if (createdOn < Date.now() - keepRepliesMs) replies.delete(key);
    const lines: Changes[] = [
      ...[...payments.values()].map((payment) => ({ payments: [payment] })),
      ...[...refunds.values()].map((refund) => ({ refunds: [refund] })),
      ...[...events.values()].map((event) => ({ events: [event] })),
      ...[...replies.values()].map((reply) => ({ replies: [reply] })),
    ];
    writeFileSync(`${file}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}
