import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import staticFiles from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { sendProblem } from '../../shared/http/problems.ts';
import { mayAnywhere, operations } from '../../shared/identity/permissions.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { EventId } from '../../shared/terms/identifiers.ts';
import { isOwnOrigin } from './origin.ts';
import type { Sessions } from './session.ts';

const folder = fileURLToPath(new URL('page', import.meta.url));
const chartsFolder = dirname(createRequire(import.meta.url).resolve('uplot'));

/** The page may load only what this service serves, and may not be framed. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'";

const hidden = { hide: true } as const;

/** An access token with roles at twenty organisers has some 2,500, and must fit into a cookie. */
const maxTokenCharacters = 4_000;

/**
 * /query/ops: the operator's page and its sign-in form. `latestEventId` returns the event to show to a viewer if the URL names none, or
 * undefined if there is no event.
 */
export async function registerOpsPage(
  app: HttpServer,
  {
    sessions,
    hasAccounts,
    latestEventId,
  }: { sessions: Sessions; hasAccounts: boolean; latestEventId: (viewer: Principal) => Promise<string | undefined> },
): Promise<void> {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const signIn = readFileSync(join(folder, 'sign-in.html'), 'utf8').replace(
    ' data-accounts',
    hasAccounts ? ' data-accounts' : '',
  );

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
      const visitor = await sessions.identify(request);
      if (visitor.kind === 'wrong') return sendSignIn(reply, visitor.retryAfterSeconds);
      if (!mayAnywhere(visitor, 'ops:read')) return sendSignIn(reply, 0);
      const eventId = request.query.eventId ?? (await latestEventId(visitor));
      if (request.query.eventId === undefined && eventId !== undefined) return reply.redirect(pageOf(eventId));
      return sendPage(reply, page);
    },
  );

  const warnOrigin = createSampledLog('warn', "a page from another origin tried to sign in to the operator's page");
  const SignIn = Type.Object({
    token: Type.String({ maxLength: maxTokenCharacters }),
    eventId: Type.Optional(Type.Union([EventId, Type.Literal('')])),
  });
  app.post('/query/ops/session', { schema: { ...hidden, body: SignIn } }, async (request, reply) => {
    const { headers, body } = request;
    if (!isOwnOrigin(headers)) {
      warnOrigin(request.log, { origin: headers.origin, host: headers.host });
      return sendProblem(reply, 'ORIGIN_NOT_ALLOWED');
    }
    const { token, eventId } = body;
    const visitor = await sessions.checkToken(request, token);
    if (visitor.kind === 'wrong') return sendSignIn(reply, visitor.retryAfterSeconds, { error: 'That token is wrong.', eventId });
    if (!mayAnywhere(visitor, 'ops:read')) return sendSignIn(reply, 0, { error: refusalOf(visitor), eventId });
    sessions.begin(request, reply, { principal: visitor, token });
    return reply.redirect(eventId ? pageOf(eventId) : '/query/ops', 303);
  });
  // The address of the form's reply, if somebody opens it again.
  app.get('/query/ops/session', { schema: hidden }, (_request, reply) => reply.redirect('/query/ops'));
  app.delete('/query/ops/session', { schema: hidden }, (_request, reply) => {
    sessions.end(reply);
    return reply.code(204).send();
  });

  /** Replies 401, or 429 while the visitor must wait. */
  function sendSignIn(
    reply: FastifyReply,
    retryAfterSeconds: number,
    { error: reason = '', eventId = '' }: { error?: string; eventId?: string | undefined } = {},
  ) {
    const isLimited = retryAfterSeconds > 0;
    const again = `Too many wrong tokens. Try again in ${retryAfterSeconds} s.`;
    const error = isLimited ? again : reason;
    const html = signIn.replace('<!-- error -->', error).replace('name="eventId"', `name="eventId" value="${eventId}"`);
    if (isLimited) reply.header('retry-after', retryAfterSeconds);
    return sendPage(reply.code(isLimited ? 429 : 401), html);
  }
}

/** Why somebody who proved who they are may not see the page. */
function refusalOf({ kind }: Principal): string {
  if (kind !== 'account') return 'Only the operator and members may see this page: an API key does not open it.';
  const roles = new Intl.ListFormat('en', { type: 'disjunction' }).format(operations['ops:read'].roles);
  return `Your account may not follow sales. An admin of your organiser can give you a role that may: ${roles}.`;
}

const pageOf = (eventId: string) => `/query/ops?eventId=${encodeURIComponent(eventId)}`;

const sendPage = (reply: FastifyReply, html: string) =>
  reply
    .type('text/html; charset=utf-8')
    // With no-referrer, browsers would not name the origin of the sign-in form either.
    .headers({ 'cache-control': 'no-store', 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'same-origin' })
    .send(html);
