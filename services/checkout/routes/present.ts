import { type Static, Type } from 'typebox';
import { PricedSeat, presentSeat } from '../../shared/inventory/present-seat.ts';
import type { AttemptState, CheckoutState, ProviderName, RefundState } from '../../shared/stores/schema.ts';
import { Currency, EventId, Money, OrderToken, Timestamp, Uuid } from '../../shared/terms/identifiers.ts';
import { formatMoney } from '../../shared/terms/money.ts';
import { isFinal, states } from '../saga/states.ts';
import type { CheckoutView, RefundView } from '../saga/types.ts';
import type { RouteDependencies } from './dependencies.ts';

const providerNames: ProviderName[] = ['stripe', 'paypal'];
export const ProviderId = Type.Enum(providerNames, { description: 'A payment provider', examples: ['stripe'] });
const attemptStates: AttemptState[] = [
  ...(['created', 'requires_action', 'processing', 'authorized', 'captured'] as const),
  ...(['failed', 'voided'] as const),
];
const refundStates: RefundState[] = ['created', 'pending', 'done', 'failed', 'cancelled', 'external'];

const checkoutToken = Type.String({
  ...OrderToken,
  description:
    'Reads, pays and cancels the checkout, sent in the header Checkout-Token. It works for anyone who has it: keep it secret',
});

const Payment = Type.Object(
  {
    provider: ProviderId,
    attempt: Type.Integer({ minimum: 1, description: 'Its number: 1, 2, 3 …', examples: [1] }),
    status: Type.Enum(attemptStates, { description: '`failed`: the buyer may try again', examples: ['created'] }),
    payUrl: Type.Optional(
      Type.String({
        description: 'The page at which the buyer pays; send the browser there. It is as secret as the Checkout-Token',
        examples: ['https://tickets.example/checkout/pay/019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b#p4Xe0lJwYb3mQ9tTzD1uVg'],
      }),
    ),
    clientSecret: Type.Optional(
      Type.String({ description: "What the provider's own elements need in a page of yours; keep it out of logs" }),
    ),
    declineCode: Type.Optional(
      Type.String({ description: "The provider's word for why it failed", examples: ['card_declined'] }),
    ),
  },
  { description: 'The newest attempt to pay; absent if nothing is to be paid' },
);

/** A checkout, as the API returns it. */
export const Checkout = Type.Object({
  checkoutId: Uuid,
  status: Type.Enum(Object.keys(states) as CheckoutState[], {
    description:
      '`awaiting_payment`: the buyer pays now. `paid`, `cancelled` and `failed` are final; all others pass by themselves. In ' +
      '`capturing` the tickets are sold already, and the money follows',
    examples: ['awaiting_payment'],
  }),
  reason: Type.Optional(Type.String({ description: 'Why it ended, or will; a code' })),
  eventId: EventId,
  tickets: Type.Array(PricedSeat, { description: 'What is paid; empty until purchase has answered' }),
  amount: Type.Optional(Type.String({ ...Money, description: 'What is to be paid; absent until purchase has answered' })),
  currency: Type.Optional(Currency),
  payBy: Type.String({ ...Timestamp, description: 'Until then the buyer must have paid' }),
  payment: Type.Optional(Payment),
  order: Type.Optional(
    Type.Object(
      {
        orderId: Uuid,
        orderToken: Type.Optional(
          Type.String({ ...OrderToken, description: "The order's token, for purchase and query; only its buyer gets it" }),
        ),
      },
      { description: 'The order; present once it is paid' },
    ),
  ),
});
export const NewCheckout = Type.Object({ ...Checkout.properties, checkoutToken });

/** How a checkout is shown. `isBuyer`: to somebody who may pay it; all others see no secrets. */
export type Showing = Pick<RouteDependencies, 'checkoutTokens' | 'orderTokens' | 'publicOrigin'> & { isBuyer: boolean };

/** A checkout, as the API returns it. */
export function presentCheckout(view: CheckoutView, showing: Showing): Static<typeof Checkout> {
  const { checkoutId, state, reason, eventId, orderId, amountMinor, currency, tickets, payBy } = view;
  const orderToken = orderId !== undefined && showing.isBuyer ? showing.orderTokens.tokenOf(orderId) : undefined;
  return {
    checkoutId,
    status: state,
    ...(reason !== undefined && { reason }),
    eventId,
    tickets: tickets.map(presentSeat),
    ...(amountMinor !== undefined && currency !== undefined && { amount: formatMoney(amountMinor, currency), currency }),
    payBy: payBy.toISOString(),
    ...(view.attempt && { payment: presentPayment(view, view.attempt, showing) }),
    ...(state === 'paid' && orderId !== undefined && { order: { orderId, ...(orderToken && { orderToken }) } }),
  };
}

function presentPayment(
  view: CheckoutView,
  { provider, number, state, actionUrl, clientSecret, declineCode }: NonNullable<CheckoutView['attempt']>,
  { isBuyer, publicOrigin, checkoutTokens }: Showing,
): Static<typeof Payment> {
  const ownPage = () => `${publicOrigin}${payPath(view.checkoutId, checkoutTokens.tokenOf(view.checkoutId))}`;
  const isPayable = view.state === 'awaiting_payment' && payable.includes(state);
  return {
    ...{ provider, attempt: number, status: state },
    ...(isBuyer && isPayable && { payUrl: actionUrl ?? ownPage() }),
    ...(isBuyer && clientSecret !== undefined && { clientSecret }),
    ...(declineCode !== undefined && { declineCode }),
  };
}
const payable: AttemptState[] = ['created', 'requires_action', 'failed'];

/** The page of ours at which a checkout is paid and shown. The token is in the fragment, which reaches no server and no log. */
export const payPath = (checkoutId: string, token: string) => `/checkout/pay/${checkoutId}#${token}`;

/** Whether something is to come before the buyer can do anything: the provider, or purchase, has not answered. */
export const isPending = ({ state, attempt }: CheckoutView): boolean =>
  state === 'awaiting_payment'
    ? attempt?.state === 'created' && attempt.actionUrl === undefined && attempt.clientSecret === undefined
    : !isFinal(state);

/** A refund, as the API returns it. */
export const Refund = Type.Object({
  refundId: Uuid,
  status: Type.Enum(refundStates, {
    description:
      '`created`: it will be done, whatever fails meanwhile. `pending`: the provider has it. `external`: it was made at the provider',
    examples: ['done'],
  }),
  orderId: Uuid,
  eventId: EventId,
  provider: ProviderId,
  amount: Money,
  currency: Currency,
  ticketIds: Type.Optional(Type.Array(Uuid, { description: 'The tickets that it cancels; absent for the whole order' })),
  seats: Type.Enum(['free', 'blocked'], { description: "What becomes of the cancelled tickets' seats" }),
  reason: Type.String({ examples: ['The buyer fell ill'] }),
  principal: Type.String({ description: 'Who asked for it', examples: ['account:019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b'] }),
  createdOn: Timestamp,
  endedOn: Type.Optional(Timestamp),
});

export function presentRefund(view: RefundView, orderId: string): Static<typeof Refund> {
  const { refundId, state, eventId, provider, amountMinor, currency, ticketIds, seats, reason, principal } = view;
  return {
    refundId,
    status: state,
    orderId,
    eventId,
    provider,
    amount: formatMoney(amountMinor, currency),
    currency,
    ...(ticketIds !== undefined && { ticketIds }),
    seats,
    reason,
    principal,
    createdOn: view.createdOn.toISOString(),
    ...(view.endedOn && { endedOn: view.endedOn.toISOString() }),
  };
}
