import type { FastifyRequest } from 'fastify';
import { buyerIdOf, hasOrderToken } from '../../shared/identity/order-access.ts';
import type { OrderTokens } from '../../shared/identity/order-token.ts';
import { may } from '../../shared/identity/permissions.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import type { Seats } from '../seats/create-seats.ts';

type Wanted = { seats: Seats; orderTokens: OrderTokens; eventId: string; orderId: string };

/**
 * Whether a request may cancel an order of an event: with the order's token; as the account that bought it; or as a principal who may
 * cancel the organiser's orders. Throws an UnavailableError if Redis, which must be asked except for tokens, is unreachable.
 */
export async function mayCancel(request: FastifyRequest, { seats, orderTokens, eventId, orderId }: Wanted): Promise<boolean> {
  const { principal } = request;
  if (hasOrderToken(orderTokens, request, orderId)) return true;
  if (principal.kind === 'stranger') return false;
  // The operator learns that there is no such event or order; nobody else does.
  if (principal.kind === 'operator') return true;
  const organiserId = await seats.organiserOf(eventId);
  if (organiserId === undefined) return false;
  if (may(principal, 'orders:cancel', organiserId)) return true;
  return principal.kind === 'account' && (await seats.buyerOf({ eventId, orderId })) === buyerIdOf(principal);
}

/**
 * Whether a principal who may cancel an order of an event can have its seats blocked: services that cancel for an organiser, and those who
 * may withdraw the organiser's seats from sale. Throws an UnavailableError.
 */
export async function mayBlock(principal: Principal, { seats, eventId }: Pick<Wanted, 'seats' | 'eventId'>): Promise<boolean> {
  if (principal.kind === 'service' || principal.kind === 'operator') return true;
  const organiserId = await seats.organiserOf(eventId);
  return organiserId !== undefined && may(principal, 'seats:block', organiserId);
}
