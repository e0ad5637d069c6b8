import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyReply } from 'fastify';
import { hostnameOf, refusalOf } from '../emulator-guard.ts';
import { openMessages } from './messages.ts';
import { inboxPage, mailPolicy, messagePage, pagePolicy } from './page.ts';
import { readSendEmail } from './send-email.ts';

/** SES's own errors that the mailbox can be told to answer with. */
const statuses: Record<string, number> = {
  BadRequestException: 400,
  MessageRejected: 400,
  MailFromDomainNotVerifiedException: 400,
  TooManyRequestsException: 429,
  InternalServiceErrorException: 500,
  ServiceUnavailableException: 503,
};

/**
 * A stand-in for Amazon SES (API v2, SendEmail) that keeps mails in `folder`, and shows them:
 *
 *   GET /                      the inbox, to read and to click
 *   GET /messages?to=          the mails as JSON, newest first
 *   POST /clear                deletes them
 *   PUT /failure {"error"}     makes SendEmail answer with an error of SES, such as TooManyRequestsException; DELETE /failure ends that
 *
 * It serves only requests for one of its host `names`, and changes nothing for another site's pages.
 */
export async function startMailbox(options: { port: number; host?: string; names?: string[]; folder: string }) {
  const { port, host = '127.0.0.1', names = ['127.0.0.1', 'localhost'], folder } = options;
  const messages = openMessages(folder);
  let failure: string | undefined;
  const app = Fastify({ bodyLimit: 1_000_000, forceCloseConnections: true });
  app.addContentTypeParser('application/x-www-form-urlencoded', (_request, _body, done) => done(null, undefined));

  app.addHook('onRequest', async (request, reply) => {
    const { method, url, headers } = request;
    if (url.startsWith('/v2/')) {
      const refusal = refusalOf({ path: url, headers }, names);
      if (refusal !== undefined) await reply.code(403).send({ message: refusal });
    } else if (!names.includes(hostnameOf(headers.host))) {
      await reply.code(403).send({ message: 'The Host header does not name the mailbox' });
    } else if (method !== 'GET' && headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
      await reply.code(403).send({ message: 'Another page may not change the mailbox' });
    }
  });
  app.addHook('onSend', async (_request, reply) => {
    reply
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'same-origin');
  });

  const fail = (reply: FastifyReply, error: string, message: string) =>
    reply
      .code(statuses[error] ?? 500)
      .header('x-amzn-errortype', error)
      .send({ message });
  app.post('/v2/email/outbound-emails', (request, reply) => {
    if (failure !== undefined) return fail(reply, failure, 'The mailbox was told to fail');
    const mail = readSendEmail(request.body);
    if ('refusal' in mail) return fail(reply, 'BadRequestException', mail.refusal);
    return { MessageId: messages.add(mail).messageId };
  });

  const sendPage = (reply: FastifyReply, page: string, policy = pagePolicy) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page);
  app.get('/', (_request, reply) => sendPage(reply, inboxPage(messages.all())));
  app.get<{ Querystring: { to?: string } }>('/messages', ({ query: { to } }) =>
    messages.all().filter((message) => to === undefined || message.to.includes(to)),
  );
  app.get<{ Params: { id: string } }>('/messages/:id', ({ params }, reply) => {
    const message = messages.find(params.id);
    return message ? sendPage(reply, messagePage(message)) : reply.callNotFound();
  });
  app.get<{ Params: { id: string } }>('/messages/:id/html', ({ params }, reply) => {
    const message = messages.find(params.id);
    if (!message) return reply.callNotFound();
    return sendPage(reply, message.html.replace('<head>', '<head><base target="_blank">'), mailPolicy);
  });
  app.post('/clear', (_request, reply) => {
    messages.clear();
    return reply.redirect('/', 303);
  });
  app.put<{ Body: { error?: string } | null }>('/failure', ({ body }, reply) => {
    const { error = '' } = body ?? {};
    if (!(error in statuses))
      return reply.code(400).send({ message: `error must be one of ${Object.keys(statuses).join(', ')}` });
    failure = error;
    return reply.code(204).send();
  });
  app.delete('/failure', (_request, reply) => {
    failure = undefined;
    return reply.code(204).send();
  });
  app.get('/health', () => ({ status: 'ok' }));

  await app.listen({ port, host });
  const { port: actual } = app.server.address() as AddressInfo;
  return { url: `http://localhost:${actual}`, messages, stop: () => app.close() };
}
