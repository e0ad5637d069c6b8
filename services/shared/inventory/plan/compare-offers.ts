import { quoted } from '../../basics/text.ts';
import { formatMoney } from '../../terms/money.ts';
import { type Category, emptyOffer, type Offer, type PriceStep, type Promotion, type TicketType } from '../offer.ts';

type Side = { offer: Offer | undefined; currency: string };
/** What a line is about, and its value in words; those of two offers are compared by subject. */
type Facts = Map<string, string>;

/** The differences between what two plans offer: a line for each ticket type, category, price and promotion. */
export function compareOffers(before: Side, after: Side, timeText: (ms: number) => string): string[] {
  const [old, now] = [factsOf(before, timeText), factsOf(after, timeText)];
  const changes: string[] = [];
  for (const [subject, text] of old) {
    const other = now.get(subject);
    if (other === undefined) changes.push(`${subject} removed (${text})`);
    else if (other !== text) changes.push(`${subject}: ${text} → ${other}`);
  }
  for (const [subject, text] of now) if (!old.has(subject)) changes.push(`${subject} added: ${text}`);
  return changes;
}

function factsOf({ offer = emptyOffer, currency }: Side, timeText: (ms: number) => string): Facts {
  const money = (minor: number) => `${formatMoney(minor, currency)} ${currency}`;
  const priceText = (steps: PriceStep[]) =>
    steps.map(({ fromMs, minor }) => (fromMs === 0 ? money(minor) : `from ${timeText(fromMs)} ${money(minor)}`)).join(', ');
  const [first] = offer.ticketTypes;
  return new Map([
    ...(first ? [['default ticket type', first.ticketTypeId] as const] : []),
    ...offer.ticketTypes.map((type) => [`ticket type ${type.ticketTypeId}`, typeText(type)] as const),
    ...offer.categories.flatMap((category) => [
      [`category ${category.categoryId}`, quoted(category.name)] as const,
      ...pricesIn(category).map(([subject, steps]) => [subject, priceText(steps)] as const),
    ]),
    ...offer.promotions.map((promotion) => {
      return [`promotion ${promotion.promotionId}`, promotionText(promotion, money, timeText)] as const;
    }),
  ]);
}

const typeText = ({ name, limit }: TicketType) => quoted(name) + (limit === undefined ? '' : `, at most ${limit} tickets`);

const pricesIn = ({ categoryId, prices }: Category) =>
  Object.entries(prices).map(([typeId, steps]): [string, PriceStep[]] => [
    `price of category ${categoryId}${typeId === '' ? '' : ` for ${typeId}`}`,
    steps,
  ]);

function promotionText(promotion: Promotion, money: (minor: number) => string, timeText: (ms: number) => string): string {
  const { isAutomatic, percent, amountMinor, priceMinor, tickets, orders, ticketsPerBuyer, fromMs, untilMs } = promotion;
  const { categories, ticketTypes } = promotion;
  return [
    ...(percent === undefined ? [] : [`${percent} % off`]),
    ...(amountMinor === undefined ? [] : [`${money(amountMinor)} off`]),
    ...(priceMinor === undefined ? [] : [`for ${money(priceMinor)}`]),
    ...(isAutomatic ? ['without a code'] : []),
    ...(tickets === undefined ? [] : [`at most ${tickets} tickets`]),
    ...(orders === undefined ? [] : [`at most ${orders} orders`]),
    ...(ticketsPerBuyer === undefined ? [] : [`at most ${ticketsPerBuyer} tickets for a buyer`]),
    ...(fromMs === undefined ? [] : [`from ${timeText(fromMs)}`]),
    ...(untilMs === undefined ? [] : [`until ${timeText(untilMs)}`]),
    ...(categories === undefined ? [] : [`only category ${categories.join(', ')}`]),
    ...(ticketTypes === undefined ? [] : [`only for ${ticketTypes.join(', ')}`]),
  ].join(', ');
}
