import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { principalName } from '../../shared/identity/principal.ts';
import { EmailAddress, emailOf } from '../../shared/terms/email-address.ts';
import { OrganiserId, Timestamp, Uuid } from '../../shared/terms/identifiers.ts';
import type { AccountsContext } from '../context.ts';
import { listInvitations, mostInvitations, putInvitation, withdrawInvitation } from '../organisers/invitations.ts';
import { findMemberByEmail, isMember, listMembers, putMember, removeMember } from '../organisers/members.ts';
import { Roles } from './account-schemas.ts';
import { linkTo } from './links.ts';
import { changeOrganiser, requireOrganiser } from './organiser-access.ts';
import { empty, json } from './reply-schemas.ts';

const Member = Type.Object({
  accountId: Uuid,
  email: Type.Optional(Type.String()),
  name: Type.String(),
  roles: Roles,
  addedOn: Timestamp,
});
const Invitation = Type.Object({ email: Type.String(), roles: Roles, invitedOn: Timestamp, expiresOn: Timestamp });

const url = '/accounts/api/v1/organisers/:organiserId/members';
const operation = 'members:manage';
const common = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'ORGANISER_NOT_FOUND', 'SERVICE_UNAVAILABLE'] as const;

/** /accounts/api/v1/organisers/{organiserId}/members: who may do what for an organiser. */
export function registerMemberRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, queueMail, mailBudget, wakeMail, nowMs } = context;
  const params = Type.Object({ organiserId: OrganiserId });
  const ofMember = Type.Object({ organiserId: OrganiserId, accountId: Uuid });
  const config = { operation } as const;
  const tags = ['members'];

  app.get(
    url,
    {
      config,
      schema: {
        operationId: 'listMembers',
        summary: 'Members with their roles, and who is invited',
        tags,
        params,
        response: {
          200: json(
            Type.Object({ members: Type.Array(Member), invitations: Type.Array(Invitation) }),
            'Members in the order in which they were added, and invitations that can still be accepted',
          ),
          ...problemResponses(...common),
        },
      },
    },
    async (request, reply) => {
      const { organiserId } = request.params;
      if (!(await requireOrganiser(request, reply, { context, operation, organiserId }))) return reply;
      const members = await listMembers(db, organiserId);
      return reply.send({ members, invitations: await listInvitations(db, organiserId, nowMs()) });
    },
  );

  app.put(
    url,
    {
      config,
      schema: {
        operationId: 'addMember',
        summary: "Invite a member by e-mail address, or change a member's roles",
        description:
          'The address gets a mail, and its owner becomes a member by accepting; the answer does not tell whether they have an account. Somebody who ' +
          'is a member already has these roles from then on. Roles apply from the next access token on, so within ten minutes.',
        tags,
        params,
        body: Type.Object({ email: EmailAddress, roles: Roles }, { additionalProperties: false }),
        response: {
          202: json(Invitation, 'Invited'),
          204: empty('The member has these roles'),
          ...problemResponses(...common, 'LAST_ADMIN', 'TOO_MANY_INVITATIONS'),
        },
      },
    },
    async (request, reply) => {
      const { organiserId } = request.params;
      if (!mailBudget.admits(request, reply)) return reply;
      const { roles } = request.body;
      const { email, key: emailKey } = emailOf(request.body.email);
      const principal = principalName(request.principal);
      const outcome = await changeOrganiser(request, reply, { context, operation, organiserId }, async (trx, { name }) => {
        const accountId = await findMemberByEmail(trx, { organiserId, emailKey });
        if (accountId !== undefined) return await putMember(trx, { organiserId, accountId, roles, principal }, nowMs());
        const invited = await putInvitation(trx, { organiserId, email, emailKey, roles, principal }, nowMs());
        if (!invited) return 'too-many';
        const link = linkTo('invitation', invited.token);
        await queueMail(trx, { kind: 'invitation', to: email, organiser: name, link }, nowMs());
        return invited.invitation;
      });
      if (outcome === undefined) return reply;
      if (outcome === 'last-admin') return sendProblem(reply, 'LAST_ADMIN');
      if (outcome === 'too-many') {
        const detail = `${mostInvitations} invitations are open; withdraw one first`;
        return sendProblem(reply, 'TOO_MANY_INVITATIONS', { detail });
      }
      if (typeof outcome === 'string') return reply.code(204).send(undefined);
      wakeMail();
      return reply.code(202).send(outcome);
    },
  );

  app.put(
    `${url}/:accountId`,
    {
      config,
      schema: {
        operationId: 'changeMember',
        summary: "Change a member's roles",
        tags,
        params: ofMember,
        body: Type.Object({ roles: Roles }, { additionalProperties: false }),
        response: {
          204: empty('It has these roles'),
          ...problemResponses(...common, 'MEMBER_NOT_FOUND', 'LAST_ADMIN'),
        },
      },
    },
    async (request, reply) => {
      const { organiserId, accountId } = request.params;
      const { roles } = request.body;
      const principal = principalName(request.principal);
      const outcome = await changeOrganiser(request, reply, { context, operation, organiserId }, async (trx) => {
        // Orders name accounts by id: adding one by its id would show an organiser the address of any buyer.
        if (!(await isMember(trx, { organiserId, accountId }))) return 'no-member';
        return await putMember(trx, { organiserId, accountId, roles, principal }, nowMs());
      });
      if (outcome === undefined) return reply;
      if (outcome === 'no-member') return sendProblem(reply, 'MEMBER_NOT_FOUND');
      if (outcome === 'last-admin') return sendProblem(reply, 'LAST_ADMIN');
      return reply.code(204).send(undefined);
    },
  );

  app.delete(
    `${url}/:accountId`,
    {
      config,
      schema: {
        operationId: 'removeMember',
        summary: 'Remove a member',
        tags,
        params: ofMember,
        response: { 204: empty('Removed'), ...problemResponses(...common, 'MEMBER_NOT_FOUND', 'LAST_ADMIN') },
      },
    },
    async (request, reply) => {
      const { organiserId, accountId } = request.params;
      const principal = principalName(request.principal);
      const outcome = await changeOrganiser(request, reply, { context, operation, organiserId }, (trx) =>
        removeMember(trx, { organiserId, accountId, principal }, nowMs()),
      );
      if (outcome === undefined) return reply;
      if (outcome === 'no-member') return sendProblem(reply, 'MEMBER_NOT_FOUND');
      if (outcome === 'last-admin') return sendProblem(reply, 'LAST_ADMIN');
      return reply.code(204).send(undefined);
    },
  );

  app.delete(
    url,
    {
      config,
      schema: {
        operationId: 'removeMemberByEmail',
        summary: 'Remove a member, or withdraw an invitation, by e-mail address',
        tags,
        params,
        body: Type.Object({ email: EmailAddress }, { additionalProperties: false }),
        response: { 204: empty('Removed'), ...problemResponses(...common, 'MEMBER_NOT_FOUND', 'LAST_ADMIN') },
      },
    },
    async (request, reply) => {
      const { organiserId } = request.params;
      const { key: emailKey } = emailOf(request.body.email);
      const principal = principalName(request.principal);
      const outcome = await changeOrganiser(request, reply, { context, operation, organiserId }, async (trx) => {
        const wasInvited = await withdrawInvitation(trx, { organiserId, emailKey, principal }, nowMs());
        const accountId = await findMemberByEmail(trx, { organiserId, emailKey });
        const removed = accountId ? await removeMember(trx, { organiserId, accountId, principal }, nowMs()) : 'no-member';
        return removed === 'no-member' && wasInvited ? 'removed' : removed;
      });
      if (outcome === undefined) return reply;
      if (outcome === 'no-member') return sendProblem(reply, 'MEMBER_NOT_FOUND');
      if (outcome === 'last-admin') return sendProblem(reply, 'LAST_ADMIN');
      return reply.code(204).send(undefined);
    },
  );
}
