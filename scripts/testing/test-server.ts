import { pino } from 'pino';
import { Type } from 'typebox';
import { createHttpServer } from '../../services/shared/http/http-server.ts';
import { lineRules } from '../../services/shared/telemetry/logger.ts';
import { Uuid } from '../../services/shared/terms/identifiers.ts';

/** A listening server like those of the services, with routes of every kind; `lines` is its log. Closed with `resources`. */
export async function startTestServer(
  resources: AsyncDisposableStack,
  options: Partial<Parameters<typeof createHttpServer>[0]> = {},
) {
  const lines: string[] = [];
  const logger = pino({ level: 'info', ...lineRules() }, { write: (line) => void lines.push(line) });
  const app = createHttpServer({ logger, ...options });
  resources.defer(() => app.close());
  /** /api/slow waits for this. */
  const gate = Promise.withResolvers<string>();
  const Thing = Type.Object({ size: Type.Integer(), name: Type.Optional(Type.String()) }, { additionalProperties: false });
  app.get('/live', () => ({ status: 'ok' }));
  app.get('/api/things', () => []);
  app.post('/api/things', { schema: { body: Thing } }, ({ body }) => body);
  app.get('/api/things/:id', { schema: { params: Type.Object({ id: Uuid }) } }, ({ params }) => params);
  app.post('/api/things/:id/confirm', ({ params }) => params);
  app.delete('/api/things/:id', (_request, reply) => reply.code(204).send());
  app.get('/api/slow', () => gate.promise);
  app.get('/api/bug', () => Promise.reject(new Error(`a bug ${'x'.repeat(100_000)}`)));
  await app.listen({ port: 0, host: '127.0.0.1' });
  lines.length = 0;
  return { app, lines, openGate: gate.resolve };
}
