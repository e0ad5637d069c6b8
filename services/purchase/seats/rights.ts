import { accountPrefix, buyerIdOf } from '../../shared/identity/order-access.ts';
import { may } from '../../shared/identity/permissions.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import type { Refusal } from '../../shared/inventory/decisions.ts';
import type { Layout } from './layouts.ts';
import type { Purchase } from './purchase.ts';

/** Whether the sender of a purchase may take blocked seats; or why it may not have the purchase. */
type Rights = { mayTakeBlocked?: boolean; refusal?: [Refusal['code']] };

/** `isHold`: it sells nothing yet. */
type Wish = Pick<Purchase, 'buyerId' | 'paidBy'> & { isHold: boolean };

type Terms = Pick<Layout, 'organiserId' | 'buyers' | 'payment'>;

/**
 * What the sender of a purchase may do at an event. An account buys for itself. Only a principal who may sell for the event's organiser
 * can name the buyerId of an account that is not its own, buy for strangers if the event is for signed-in buyers only, and sell without
 * checkout what has to be paid: then it says how it was paid. Checkout holds seats for any buyer.
 */
export function rightsOf(principal: Principal, wish: Wish, terms: Terms): Rights {
  const needsPayment = terms.payment === 'required' && !wish.isHold;
  if (may(principal, 'sell', terms.organiserId)) {
    return needsPayment && wish.paidBy === undefined ? { refusal: ['PAID_BY_REQUIRED'] } : { mayTakeBlocked: true };
  }
  if (wish.isHold && may(principal, 'holds:pay', terms.organiserId)) return {};
  const notThisBuyer = whyNotBuyer(principal, wish, terms);
  if (notThisBuyer) return { refusal: [notThisBuyer] };
  if (wish.paidBy !== undefined) return { refusal: ['PAID_BY_NOT_YOURS'] };
  return needsPayment ? { refusal: ['PAYMENT_REQUIRED'] } : {};
}

function whyNotBuyer(principal: Principal, { buyerId }: Wish, { buyers }: Terms): Refusal['code'] | undefined {
  if (principal.kind === 'account') return buyerId === buyerIdOf(principal) ? undefined : 'BUYER_NOT_YOURS';
  if (buyers === 'signed-in') return 'SIGN_IN_REQUIRED';
  return buyerId?.startsWith(accountPrefix) ? 'BUYER_NOT_YOURS' : undefined;
}
