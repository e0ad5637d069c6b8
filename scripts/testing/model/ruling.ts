import type { OrderInRedis } from '../../../services/shared/inventory/order.ts';
import type { Outcome } from './requests.ts';
import { Illegal } from './same.ts';
import { having, type Model } from './state.ts';

/** A rule's verdict: the only legal outcome, and the model after it. */
export type Ruling = { expected: Outcome; next: Model };

export function notRefused(outcome: Outcome) {
  if ('order' in outcome) return outcome;
  throw new Illegal(`the outcome is ${JSON.stringify(outcome)}: there is no reason to refuse`);
}

export function requireNotBefore({ nowMs }: Model, timeMs: number, ms = 0): void {
  if (!(timeMs >= nowMs + ms)) throw new Illegal(`${timeMs} is before ${nowMs} + ${ms}`);
}

/** Throws if an order or ticket has one of these ids. */
export function requireNew(model: Model, ids: string[]): void {
  const known = [...model.orders.values(), ...model.holds.values()].flatMap(({ order }) => [
    order.orderId,
    ...order.tickets.map(({ ticketId }) => ticketId),
  ]);
  if (new Set(ids).size < ids.length || ids.some((id) => known.includes(id))) throw new Illegal(`${ids.join()} are not new ids`);
}

/** The sale of an order. */
export function sell(model: Model, order: OrderInRedis, outcome: Outcome): Ruling {
  notRefused(outcome);
  const soldAtMs = 'soldAtMs' in outcome ? outcome.soldAtMs : Number.NaN;
  requireNotBefore(model, soldAtMs);
  const sale = { soldAtMs, order: { ...order, sequence: model.sequence + 1 } };
  return {
    expected: { kind: 'sold', isReplay: false, ...sale },
    next: { ...model, sequence: model.sequence + 1, orders: having(model.orders, order.orderId, sale) },
  };
}
