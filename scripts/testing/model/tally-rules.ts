import type { Refusal } from '../../../services/shared/inventory/decisions.ts';
import type { Promotion } from '../../../services/shared/inventory/offer.ts';
import { talliesOf } from '../tallies.ts';
import { offerOf } from './price-rules.ts';
import type { Take } from './requests.ts';
import { refused } from './same.ts';
import { type Model, occupyingOrders } from './state.ts';

const talliesIn = (model: Model) => {
  const tallies = talliesOf(occupyingOrders(model));
  return (field: string) => Number(tallies[field] ?? 0);
};

/** The refusal if the limit of a ticket type does not allow tickets of these types. */
export function whyOverTypes(model: Model, types: (string | undefined)[]): Refusal | undefined {
  const has = talliesIn(model);
  for (const [type, { length }] of Map.groupBy(types, (one) => one)) {
    const { limit } = offerOf(model).ticketTypes.find(({ ticketTypeId }) => ticketTypeId === type) ?? {};
    if (limit === undefined) continue;
    const left = limit - has(`type:${type}`);
    if (length > left) return refused('TICKET_TYPE_SOLD_OUT', { detail: `${Math.max(0, left)} left` });
  }
  return undefined;
}

/** How many more tickets a buyer may have with a promotion. Nobody in particular gets none of one that is limited by buyer. */
function leftOf(model: Model, { promotionId, tickets, orders, ticketsPerBuyer }: Promotion, buyerId: string | undefined): number {
  const has = talliesIn(model);
  const limits = [Number.POSITIVE_INFINITY];
  if (tickets !== undefined) limits.push(tickets - has(`promotion:${promotionId}`));
  if (orders !== undefined && has(`orders:${promotionId}`) >= orders) limits.push(0);
  if (ticketsPerBuyer !== undefined)
    limits.push(buyerId === undefined ? 0 : ticketsPerBuyer - has(`buyer:${promotionId}:${buyerId}`));
  return Math.max(0, Math.min(...limits));
}

/** The refusal if the limits of a promotion do not allow `number` more tickets with it. */
export function whyOverPromotion(
  model: Model,
  { promotionId, number, buyerId }: { promotionId: string | undefined; number: number; buyerId: string | undefined },
): Refusal | undefined {
  const promotion = offerOf(model).promotions.find((one) => one.promotionId === promotionId);
  if (!promotion || number === 0) return undefined;
  const left = leftOf(model, promotion, buyerId);
  return number > left ? refused('PROMOTION_USED_UP', { detail: `${left} left` }) : undefined;
}

/** The promotion of a purchase: the one that it names or, if it names none, the automatic one. `first`: how many tickets may have it. */
export function promotionOf(
  model: Model,
  { promotion: code, buyerId }: Take,
  size: number,
): { promotion?: Promotion; first: number } | 'unknown' {
  const now = offerOf(model).promotions.filter(({ untilMs = Number.POSITIVE_INFINITY }) => model.nowMs < untilMs);
  if (code !== undefined) {
    const promotion = now.find(({ promotionId, isAutomatic }) => !isAutomatic && promotionId === code.toUpperCase());
    return promotion ? { promotion, first: size } : 'unknown';
  }
  const promotion = now.find(({ isAutomatic }) => isAutomatic);
  return promotion ? { promotion, first: Math.min(size, leftOf(model, promotion, buyerId)) } : { first: 0 };
}
