import { hash } from 'node:crypto';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { noteUses, readDirectory } from '../api-keys/api-keys.ts';
import type { AccountsContext } from '../context.ts';

/** As many uses as a service collects in a minute from all keys there can be. */
const maxUsesBytes = 4 * 1_048_576;

const hidden = { hide: true } as const;

/** /accounts/internal/…: what the other services read to recognise API keys by themselves, and report about them. */
export function registerKeyDirectory(app: HttpServer, { db, nowMs }: AccountsContext): void {
  const config = { operation: 'service' } as const;

  app.get('/accounts/internal/api-keys', { config, schema: hidden }, async (request, reply) => {
    const body = JSON.stringify({ keys: await readDirectory(db, nowMs()) });
    const etag = `"${hash('sha256', body, 'base64url')}"`;
    reply.headers({ etag, 'cache-control': 'private, no-cache' });
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.type('application/json').send(body);
  });

  const Uses = Type.Object({
    uses: Type.Record(
      Type.String({ pattern: '^[A-Za-z0-9_-]{16}$' }),
      Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z$' }),
      { additionalProperties: false },
    ),
  });
  app.post(
    '/accounts/internal/api-key-uses',
    { config, bodyLimit: maxUsesBytes, schema: { ...hidden, body: Uses } },
    async (request, reply) => {
      const uses = Object.entries(request.body.uses).filter(([, time]) => !Number.isNaN(Date.parse(time)));
      await noteUses(db, Object.fromEntries(uses), nowMs());
      return reply.code(204).send(undefined);
    },
  );
}
