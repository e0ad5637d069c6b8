import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses } from '../../shared/http/problems.ts';
import { principalName } from '../../shared/identity/principal.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { OrganiserId, Timestamp, Uuid } from '../../shared/terms/identifiers.ts';
import { auditActions, listAudits } from '../audit/audits.ts';
import type { AccountsContext } from '../context.ts';
import { putOrganiser } from '../organisers/organisers.ts';
import { OrganiserName, Plan } from './account-schemas.ts';
import { requireOrganiser } from './organiser-access.ts';
import { json } from './reply-schemas.ts';

const Organiser = Type.Object({ organiserId: OrganiserId, name: OrganiserName, plan: Plan, createdOn: Timestamp });

const Audit = Type.Object({
  auditId: Uuid,
  action: Type.Enum([...auditActions]),
  principal: Type.String({ description: 'Who did it', examples: ['account:019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b', 'operator'] }),
  accountId: Type.Optional(Uuid),
  details: Type.Record(Type.String(), Type.Unknown()),
  happenedOn: Timestamp,
});

const mostAudits = 200;

/** PUT /accounts/api/v1/organisers/{organiserId}, for the operator, and GET …/audit. */
export function registerOrganiserRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, nowMs } = context;
  const params = Type.Object({ organiserId: OrganiserId });

  app.put(
    '/accounts/api/v1/organisers/:organiserId',
    {
      config: { operation: 'organisers:create' },
      schema: {
        operationId: 'putOrganiser',
        summary: 'Create or change an organiser',
        description: '`plan` is the best that its API keys may have. Invite the first admin with `PUT …/members`.',
        tags: ['organisers'],
        params,
        body: Type.Object({ name: OrganiserName, plan: Type.Optional(Plan) }, { additionalProperties: false }),
        response: {
          200: json(Organiser, 'Changed'),
          201: json(Organiser, 'Created'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { organiserId } = request.params;
      const { name, plan = 'standard' } = request.body;
      const principal = principalName(request.principal);
      const { organiser, isNew } = await inTransaction(db, (trx) =>
        putOrganiser(trx, { organiserId, name, plan, principal }, nowMs()),
      );
      return reply.code(isNew ? 201 : 200).send(organiser);
    },
  );

  app.get(
    '/accounts/api/v1/organisers/:organiserId/audit',
    {
      config: { operation: 'audit:read' },
      schema: {
        operationId: 'listAudits',
        summary: 'Who changed members and keys, newest first',
        tags: ['organisers'],
        params,
        querystring: Type.Object(
          {
            before: Type.Optional({ ...Uuid, description: 'The `auditId` of the last entry of the page before' }),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: mostAudits, default: 50 })),
          },
          { additionalProperties: false },
        ),
        response: {
          200: json(Type.Object({ audits: Type.Array(Audit) }), 'The changes'),
          ...problemResponses('INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'ORGANISER_NOT_FOUND', 'SERVICE_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { organiserId } = request.params;
      if (!(await requireOrganiser(request, reply, { context, operation: 'audit:read', organiserId }))) return reply;
      const { before, limit = 50 } = request.query;
      return reply.send({ audits: await listAudits(db, { organiserId, before, limit }) });
    },
  );
}
