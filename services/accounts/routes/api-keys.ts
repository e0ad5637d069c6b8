import { Type } from 'typebox';
import { patterned } from '../../shared/basics/patterned.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses, sendProblem } from '../../shared/http/problems.ts';
import { planNames, principalName } from '../../shared/identity/principal.ts';
import { OrganiserId, Timestamp } from '../../shared/terms/identifiers.ts';
import { countLiveKeys, createApiKey, listApiKeys, revokeApiKey } from '../api-keys/api-keys.ts';
import type { AccountsContext } from '../context.ts';
import { KeyName, Plan, Scopes } from './account-schemas.ts';
import { changeOrganiser, requireOrganiser } from './organiser-access.ts';
import { empty, json } from './reply-schemas.ts';

const KeyId = patterned('^[A-Za-z0-9_-]{16}$', 'must be a keyId from an earlier response: 16 characters', {
  description: 'An API key',
  examples: ['q83vEjRWeJASNFZ4'],
});

const entry = {
  keyId: KeyId,
  name: KeyName,
  scopes: Scopes,
  plan: Plan,
  createdBy: Type.String({ description: 'Who created it' }),
  createdOn: Timestamp,
  expiresOn: Type.Optional(Timestamp),
  revokedOn: Type.Optional(Timestamp),
  lastUsedOn: Type.Optional({ ...Timestamp, description: 'To about a minute' }),
};
const NewKey = Type.Object({
  key: Type.String({
    description: 'Shown only now. Send it as `Authorization: Bearer`',
    examples: ['onsale_q83vEjRWeJASNFZ4.secret'],
  }),
  ...entry,
});

/** An instant with its offset from UTC (RFC 3339). */
const Instant = patterned(
  '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$',
  'must be a time with its offset from UTC, such as 2027-01-31T12:00:00Z',
  { description: 'When it stops working; never if absent', examples: ['2027-01-31T12:00:00Z'] },
);

const url = '/accounts/api/v1/organisers/:organiserId/api-keys';
const operation = 'keys:manage';
const common = ['INVALID_REQUEST', 'NOT_SIGNED_IN', 'FORBIDDEN', 'ORGANISER_NOT_FOUND', 'SERVICE_UNAVAILABLE'] as const;
/** Every service holds all live keys in memory. */
const mostLiveKeys = 100;

/** /accounts/api/v1/organisers/{organiserId}/api-keys: what programs use instead of signing in. */
export function registerApiKeyRoutes(app: HttpServer, context: AccountsContext): void {
  const { db, nowMs } = context;
  const params = Type.Object({ organiserId: OrganiserId });
  const config = { operation } as const;
  const tags = ['api-keys'];

  app.get(
    url,
    {
      config,
      schema: {
        operationId: 'listApiKeys',
        summary: 'API keys, without their secrets',
        tags,
        params,
        response: {
          200: json(
            Type.Object({ keys: Type.Array(Type.Object(entry)) }),
            'Live keys, and then the latest of those that were revoked or have expired; newest first',
          ),
          ...problemResponses(...common),
        },
      },
    },
    async (request, reply) => {
      const { organiserId } = request.params;
      if (!(await requireOrganiser(request, reply, { context, operation, organiserId }))) return reply;
      return reply.send({ keys: await listApiKeys(db, organiserId, nowMs()) });
    },
  );

  app.post(
    url,
    {
      config,
      schema: {
        operationId: 'createApiKey',
        summary: 'Create an API key',
        description: 'Works everywhere within a minute. The plan is at most that of the organiser, which is also the default.',
        tags,
        params,
        body: Type.Object(
          { name: KeyName, scopes: Scopes, plan: Type.Optional(Plan), expiresOn: Type.Optional(Instant) },
          { additionalProperties: false },
        ),
        response: { 201: json(NewKey, 'Created'), ...problemResponses(...common, 'TOO_MANY_API_KEYS') },
      },
    },
    async (request, reply) => {
      const { organiserId } = request.params;
      const { name, scopes } = request.body;
      const expiresMs = request.body.expiresOn === undefined ? undefined : Date.parse(request.body.expiresOn);
      if (expiresMs !== undefined && !(expiresMs > nowMs() && expiresMs < latestMs)) {
        const detail = 'must be a time in the future, before the year 9999';
        return sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer: '#/expiresOn', detail }] });
      }
      const principal = principalName(request.principal);
      const expiry = expiresMs !== undefined && { expiresOn: new Date(expiresMs) };
      const created = await changeOrganiser(request, reply, { context, operation, organiserId }, async (trx, organiser) => {
        const { plan = organiser.plan } = request.body;
        if (planNames.indexOf(plan) > planNames.indexOf(organiser.plan)) return { beyond: organiser.plan };
        if ((await countLiveKeys(trx, organiserId, nowMs())) >= mostLiveKeys) return 'too-many';
        return await createApiKey(trx, { organiserId, name, scopes, plan, ...expiry, principal }, nowMs());
      });
      if (created === undefined) return reply;
      if (created === 'too-many') {
        return sendProblem(reply, 'TOO_MANY_API_KEYS', { detail: `${mostLiveKeys} keys are live; revoke one first` });
      }
      if ('beyond' in created) {
        const detail = `must be at most the organiser's plan: ${created.beyond}`;
        return sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer: '#/plan', detail }] });
      }
      return reply.code(201).send({ key: created.key, ...created.entry });
    },
  );

  app.delete(
    `${url}/:keyId`,
    {
      config,
      schema: {
        operationId: 'revokeApiKey',
        summary: 'Revoke an API key',
        description: 'It stops working everywhere within a minute.',
        tags,
        params: Type.Object({ organiserId: OrganiserId, keyId: KeyId }),
        response: { 204: empty('Revoked'), ...problemResponses(...common, 'API_KEY_NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const { organiserId, keyId } = request.params;
      const principal = principalName(request.principal);
      const revoked = await changeOrganiser(request, reply, { context, operation, organiserId }, async (trx) =>
        (await revokeApiKey(trx, { organiserId, keyId, principal }, nowMs())) ? 'revoked' : 'unknown',
      );
      if (revoked === undefined) return reply;
      return revoked === 'revoked' ? reply.code(204).send(undefined) : sendProblem(reply, 'API_KEY_NOT_FOUND');
    },
  );
}

const latestMs = Date.UTC(9999, 0);
