import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import staticFiles from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { EventId } from '../../shared/terms/identifiers.ts';
import type { Sessions } from './session.ts';

const folder = fileURLToPath(new URL('page', import.meta.url));
const chartsFolder = dirname(createRequire(import.meta.url).resolve('uplot'));

/** The page may load only what this service serves, and may not be framed. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'";

const hidden = { hide: true } as const;

/**
 * /query/ops: the operator's page and its sign-in form. `latestEventId` returns the event to show if the URL names none, or undefined
 * if there is no event.
 */
export async function registerOpsPage(
  app: HttpServer,
  { sessions, latestEventId }: { sessions: Sessions; latestEventId: () => Promise<string | undefined> },
): Promise<void> {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const signIn = readFileSync(join(folder, 'sign-in.html'), 'utf8');

  const served = {
    prefix: '/query/ops/assets/',
    // Only files that exist at the start have a route; any other path is a 404 as everywhere.
    wildcard: false,
    decorateReply: false,
    acceptRanges: false,
    cacheControl: false,
    setHeaders: (reply: FastifyReply) => void reply.header('cache-control', 'no-cache'),
  };
  await app.register(staticFiles, { ...served, root: folder, globIgnore: ['!(*.js|*.css)'] });
  await app.register(staticFiles, { ...served, root: chartsFolder, globIgnore: ['!(uPlot.esm.js|uPlot.min.css)'] });

  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );

  app.get(
    '/query/ops',
    { schema: { ...hidden, querystring: Type.Object({ eventId: Type.Optional(EventId) }) } },
    async (request, reply) => {
      const visitor = sessions.identify(request);
      if (visitor !== 'operator') return sendSignIn(reply, visitor.retryAfterSeconds);
      const eventId = request.query.eventId ?? (await latestEventId());
      if (request.query.eventId === undefined && eventId !== undefined) return reply.redirect(pageOf(eventId));
      return sendPage(reply, page);
    },
  );

  const SignIn = Type.Object({
    token: Type.String({ maxLength: 1_000 }),
    eventId: Type.Optional(Type.Union([EventId, Type.Literal('')])),
  });
  app.post('/query/ops/session', { schema: { ...hidden, body: SignIn } }, async (request, reply) => {
    const { token, eventId } = request.body;
    const visitor = sessions.checkToken(request, token);
    if (visitor !== 'operator') return sendSignIn(reply, visitor.retryAfterSeconds, { isWrong: true, eventId });
    sessions.begin(request, reply);
    return reply.redirect(eventId ? pageOf(eventId) : '/query/ops', 303);
  });

  /** Replies 401, or 429 while the visitor must wait. */
  function sendSignIn(reply: FastifyReply, retryAfterSeconds: number, { isWrong = false, eventId = '' } = {}) {
    const isLimited = retryAfterSeconds > 0;
    const again = `Too many wrong tokens. Try again in ${retryAfterSeconds} s.`;
    const error = isLimited ? again : isWrong ? 'That token is wrong.' : undefined;
    const html = signIn
      .replace('<!-- error -->', error === undefined ? '' : `<p class="error" role="alert">${error}</p>`)
      .replace('name="eventId"', `name="eventId" value="${eventId}"`);
    if (isLimited) reply.header('retry-after', retryAfterSeconds);
    return sendPage(reply.code(isLimited ? 429 : 401), html);
  }
}

const pageOf = (eventId: string) => `/query/ops?eventId=${encodeURIComponent(eventId)}`;

const sendPage = (reply: FastifyReply, html: string) =>
  reply
    .type('text/html; charset=utf-8')
    .headers({ 'cache-control': 'no-store', 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' })
    .send(html);
