import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import type { AccountsContext } from '../context.ts';
import { acceptInvitation, invitationGone } from '../organisers/invitations.ts';
import { OneTimeToken } from './account-schemas.ts';
import { empty } from './reply-schemas.ts';

/** POST /accounts/api/v1/invitations/confirmations: becoming a member, which nobody becomes without having agreed. */
export function registerInvitationRoutes(app: HttpServer, { db, nowMs }: AccountsContext): void {
  app.post(
    '/accounts/api/v1/invitations/confirmations',
    {
      config: { operation: 'public' },
      schema: {
        operationId: 'acceptInvitation',
        summary: 'Accept an invitation with the token of a link',
        description:
          'Makes the owner of the address a member of the organiser that has invited them. If the address has no account, it gets one, without ' +
          'a password. Does not sign in.',
        tags: ['members'],
        body: Type.Object({ token: OneTimeToken }, { additionalProperties: false }),
        response: {
          204: empty('The owner of the address is a member'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'LINK_NOT_VALID', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      try {
        await inTransaction(db, (trx) => acceptInvitation(trx, request.body.token, nowMs()));
        return reply.code(204).send(undefined);
      } catch (error) {
        if (error !== invitationGone) throw error;
        return sendProblem(reply, 'LINK_NOT_VALID');
      }
    },
  );
}
