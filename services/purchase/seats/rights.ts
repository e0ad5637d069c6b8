import { accountPrefix, buyerIdOf } from '../../shared/identity/order-access.ts';
import { may } from '../../shared/identity/permissions.ts';
import { type Principal, stranger } from '../../shared/identity/principal.ts';
import type { Refusal } from '../../shared/inventory/decisions.ts';
import type { Layout } from './layouts.ts';

/** Whether the sender of a purchase may take blocked seats; or why it may not have the purchase. */
type Rights = { mayTakeBlocked?: boolean; refusal?: [Refusal['code']] };

/**
 * What the sender of a purchase may do at an event. An account buys for itself. Only a principal who may sell for the event's organiser
 * can name the buyerId of an account that is not its own, or buy for strangers if the event is for signed-in buyers only.
 */
export function rightsOf(
  principal: Principal,
  buyerId: string | undefined,
  { organiserId, buyers }: Pick<Layout, 'organiserId' | 'buyers'>,
): Rights {
  if (principal.kind === 'stranger') {
    if (buyers === 'signed-in') return { refusal: ['SIGN_IN_REQUIRED'] };
    return buyerId?.startsWith(accountPrefix) ? { refusal: ['BUYER_NOT_YOURS'] } : {};
  }
  if (may(principal, 'sell', organiserId)) return { mayTakeBlocked: true };
  if (principal.kind === 'account') return buyerId === buyerIdOf(principal) ? {} : { refusal: ['BUYER_NOT_YOURS'] };
  return rightsOf(stranger, buyerId, { organiserId, buyers });
}
