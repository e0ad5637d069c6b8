import { type Static, type TSchema, Type } from 'typebox';
import { PriceMinor, SoldTicket } from '../inventory/order.ts';
import { BuyerId, Currency, EventId, Uuid } from '../terms/identifiers.ts';
import { cloudEvent } from './domain-events.ts';

/** Where the ids of checkouts' domain events are unique: they come from one table. */
export const checkoutEventSource = '/onsale/checkouts';

const checkoutEvent = <Name extends string, Data extends TSchema>(name: Name, data: Data) => cloudEvent('checkout', name, data);

/** Who pays what with what. It has no address and no secret: whoever writes to the buyer reads the address by the checkout's id. */
const checkout = {
  checkoutId: Uuid,
  eventId: EventId,
  buyerId: Type.Optional(BuyerId),
  amountMinor: PriceMinor,
  currency: Currency,
  provider: Type.Enum(['stripe', 'paypal']),
  reason: Type.Optional(Type.String({ maxLength: 255, description: 'Why; a code, or the words of who asked for a refund' })),
  tickets: Type.Array(Type.Omit(SoldTicket, ['sold'])),
};
const ended = Type.Object({ ...checkout, orderId: Type.Optional(Uuid) });
const refund = Type.Object({ ...checkout, orderId: Type.Optional(Uuid), refundId: Uuid });

/** A checkout's money was taken, or it was free, and its tickets are sold as the order. */
const CheckoutPaid = checkoutEvent('paid', Type.Object({ ...checkout, orderId: Uuid }));
/** The buyer did not pay, or gave up. */
const CheckoutCancelled = checkoutEvent('cancelled', ended);
/** Nothing was sold, and no money is kept. */
const CheckoutFailed = checkoutEvent('failed', ended);
/** Money went back. `tickets`: those that were cancelled for it. Without `orderId`, the payment had bought nothing. */
const CheckoutRefunded = checkoutEvent('refunded', refund);
/** The provider will not give the money back: somebody must. */
const CheckoutRefundFailed = checkoutEvent('refund-failed', refund);

/** What becomes of checkouts and refunds, for everybody outside of checkout. */
export const CheckoutEvent = Type.Union([
  CheckoutPaid,
  CheckoutCancelled,
  CheckoutFailed,
  CheckoutRefunded,
  CheckoutRefundFailed,
]);
export type CheckoutEvent = Static<typeof CheckoutEvent>;
