import type { CheckoutState, RefundState } from '../stores/schema.ts';

/** States of a checkout in which nothing more happens to it, apart from refunds (services/checkout/saga/states.ts). */
export const endedCheckouts: readonly CheckoutState[] = ['paid', 'cancelled', 'failed'];

/** Refunds whose money has gone back; refunds that are on their way. The others, `failed` and `cancelled`, gave nothing back. */
export const doneRefunds: readonly RefundState[] = ['done', 'external'];
export const movingRefunds: readonly RefundState[] = ['created', 'pending'];
/** Refunds that take from what can still be refunded. */
export const countedRefunds: readonly RefundState[] = [...movingRefunds, ...doneRefunds];

/** With growing pauses in between, about as many minutes. */
export const stuckFailures = 6;
/** Work that is due is begun within seconds, unless no process looks for it. */
const overdueMs = 5 * 60_000;

type Work = { failures: number; due_on: Date | null };

/** Whether work that should go on by itself needs somebody to look: it fails again and again, or nobody begins it. */
export const isStuck = ({ failures, due_on }: Work, nowMs: number): boolean =>
  failures >= stuckFailures || (due_on !== null && due_on.getTime() < nowMs - overdueMs);

/** What is due before then is overdue. */
export const overdueBefore = (nowMs: number) => new Date(nowMs - overdueMs);
