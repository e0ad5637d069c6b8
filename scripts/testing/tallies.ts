import type { OrderInRedis } from '../../services/shared/inventory/order.ts';

/** A hold that has not ended, with its client if that client's holds are limited. */
type Held = { order: OrderInRedis; client?: string | undefined };

/** The tallies (talliesKey) of these orders, counted from their tickets that are not cancelled, and of the clients of these holds. */
export function talliesOf(orders: OrderInRedis[], holds: Held[] = []): Record<string, string> {
  const tallies = new Map<string, number>();
  const count = (field: string, number = 1) => void tallies.set(field, (tallies.get(field) ?? 0) + number);
  for (const { buyerId, tickets } of orders) {
    const promotions = new Set<string>();
    for (const { ticketType, promotion, cancelled } of tickets) {
      if (cancelled) continue;
      if (ticketType !== undefined) count(`type:${ticketType}`);
      if (promotion === undefined) continue;
      promotions.add(promotion);
      count(`promotion:${promotion}`);
      if (buyerId !== undefined) count(`buyer:${promotion}:${buyerId}`);
    }
    for (const promotion of promotions) count(`orders:${promotion}`);
  }
  for (const { order, client } of holds) {
    if (client === undefined) continue;
    count(`client:${client}`, 1_000_000 + order.tickets.length);
  }
  return Object.fromEntries(tallies.entries().map(([field, number]) => [field, String(number)]));
}
