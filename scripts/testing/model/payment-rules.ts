import { knownHold, noHold, whyNotNow } from './hold-rules.ts';
import type { Outcome, Pay } from './requests.ts';
import { notRefused, type Ruling, requireNotBefore, sell } from './ruling.ts';
import { refused } from './same.ts';
import { type Hold, having, isPast, type Model } from './state.ts';

const isOutdated = ({ attempt }: Hold, { attempt: asked }: Pay) => attempt !== undefined && asked < attempt;

/** The sale of an order, if it was paid through checkout. */
function paidSale(model: Model, orderId: string) {
  const sale = model.orders.get(orderId);
  return sale?.order.paidBy === 'checkout' ? sale : undefined;
}

/** A hold that is being paid lasts until the end of its lease. Only the newest attempt can renew it. */
export function beginPayment(model: Model, request: Pay, outcome: Outcome): Ruling {
  const { holdId, attempt, leaseMs } = request;
  const hold = knownHold(model, holdId, outcome);
  if (!hold) return noHold(model);
  if (hold.state === 'sold') return { expected: refused('HOLD_CONFIRMED'), next: model };
  if (isOutdated(hold, request)) return { expected: refused('PAYMENT_OUTDATED'), next: model };
  if (hold.state === 'expired' || isPast(model, hold)) return { expected: refused('HOLD_EXPIRED'), next: model };
  if (model.state === 'paused') return { expected: refused('SALE_PAUSED'), next: model };
  notRefused(outcome);
  const heldUntilMs = 'heldUntilMs' in outcome ? outcome.heldUntilMs : Number.NaN;
  requireNotBefore(model, heldUntilMs, leaseMs);
  return {
    expected: { kind: 'held', isReplay: false, holdId, heldUntilMs, order: hold.order },
    next: { ...model, holds: having(model.holds, holdId, { ...hold, attempt, untilMs: heldUntilMs }) },
  };
}

/** Checkout confirms a hold whether its lease is over or not, if its seats are free; and finds the order of a hold that was forgotten. */
export function confirmPaid(model: Model, request: Pay, outcome: Outcome): Ruling {
  const { holdId, attempt } = request;
  const known = knownHold(model, holdId, outcome);
  const orderId = known?.order.orderId ?? request.orderId;
  const sale = paidSale(model, orderId);
  const found: Ruling | undefined = sale && {
    expected: { kind: 'sold', isReplay: true, wasConfirmed: true, ...sale },
    next: model,
  };
  // It may be forgotten by now, and its order is then found without it.
  const isForgotten = known?.state === 'sold' && isPast(model, known) && outcome.kind === 'sold';
  const hold = isForgotten ? undefined : known;
  if (!hold) return found ?? noHold(model);
  if (hold.state === 'sold' && !found) return { expected: refused('HOLD_CONFIRMED'), next: model };
  if (isOutdated(hold, request)) return { expected: refused('PAYMENT_OUTDATED'), next: model };
  if (found) return found;
  const refusal = model.state === 'paused' ? refused('SALE_PAUSED') : whyNotNow(model, hold);
  if (refusal) return { expected: refusal, next: model };
  const { expected, next } = sell(model, { ...hold.order, paidBy: 'checkout' }, outcome);
  const sold: Hold = { ...hold, state: 'sold', client: undefined, attempt, untilMs: undefined };
  return { expected, next: { ...next, holds: having(next.holds, holdId, sold) } };
}

/** Its seats are free, and neither this attempt nor an older one can confirm it any more. */
export function endPayment(model: Model, request: Pay, outcome: Outcome): Ruling {
  const { holdId, attempt } = request;
  const ended = { kind: 'paymentEnded' } as const;
  const hold = knownHold(model, holdId, outcome);
  if (!hold || hold.state === 'sold') {
    const isPaid = paidSale(model, hold?.order.orderId ?? request.orderId) !== undefined;
    return { expected: isPaid ? refused('HOLD_CONFIRMED') : ended, next: model };
  }
  const isOver = hold.state === 'expired' || isPast(model, hold);
  if (!isOver && isOutdated(hold, request)) return { expected: refused('PAYMENT_OUTDATED'), next: model };
  const fenced = { ...hold, attempt: Math.max(hold.attempt ?? 0, attempt + 1) };
  const over: Hold = hold.state === 'held' ? { ...fenced, state: 'expired', client: undefined, untilMs: undefined } : fenced;
  return { expected: ended, next: { ...model, holds: having(model.holds, holdId, over) } };
}
