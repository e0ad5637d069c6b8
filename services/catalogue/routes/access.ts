import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { sendProblem } from '../../shared/http/problems.ts';
import { may, type Operation, organisersOf } from '../../shared/identity/permissions.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import type { Database } from '../../shared/stores/database.ts';
import type { EventState } from '../../shared/stores/schema.ts';
import { mainOrganiser, OrganiserId } from '../../shared/terms/identifiers.ts';

export type KnownEvent = { eventId: string; organiserId: string; currency: string; state: EventState; version: number };

export const findEvent = (db: Database, eventId: string): Promise<KnownEvent | undefined> =>
  db
    .selectFrom('events')
    .select(['event_id as eventId', 'organiser_id as organiserId', 'currency', 'state', 'version'])
    .where('event_id', '=', eventId)
    .executeTakeFirst();

/**
 * The event of a request, if its principal may do the operation for the organiser. Otherwise replies and returns undefined: 403 to those who
 * may see the event, and to all others the 404 of an event that does not exist.
 */
export async function eventFor(
  db: Database,
  request: FastifyRequest,
  reply: FastifyReply,
  operation: Operation,
): Promise<KnownEvent | undefined> {
  const { eventId } = request.params as { eventId: string };
  const event = await findEvent(db, eventId);
  if (!event) return void sendProblem(reply, 'EVENT_NOT_FOUND');
  return isAllowed(request, reply, operation, event) ? event : undefined;
}

/** Whether the principal may do the operation on an event. If not, replies as eventFor does. */
export function isAllowed(
  { principal }: Pick<FastifyRequest, 'principal'>,
  reply: FastifyReply,
  operation: Operation,
  { organiserId }: KnownEvent,
): boolean {
  if (may(principal, operation, organiserId)) return true;
  void sendProblem(reply, may(principal, 'catalogue:read', organiserId) ? 'FORBIDDEN' : 'EVENT_NOT_FOUND');
  return false;
}

/** The query of routes on what belongs to an organiser but does not say to which. */
export const organiserQuery = {
  organiserId: Type.Optional({
    ...OrganiserId,
    description: "The organiser; by default, the API key's, the only one of the account's, or `main`",
  }),
};

/**
 * The organiser of such a request. Replies with 403 and returns undefined if the principal may not do the operation for it, whether it exists
 * or not.
 */
export function organiserFor(request: FastifyRequest, reply: FastifyReply, operation: Operation): string | undefined {
  const { principal } = request;
  const { organiserId = defaultOrganiser(principal, operation) } = request.query as { organiserId?: string };
  if (may(principal, operation, organiserId)) return organiserId;
  return void sendProblem(reply, 'FORBIDDEN');
}

/** The organiser of what a principal creates without naming one. */
export function defaultOrganiser(principal: Principal, operation: Operation): string {
  const own = organisersOf(principal, operation);
  return own !== 'all' && own.length === 1 && own[0] !== undefined ? own[0] : mainOrganiser;
}
