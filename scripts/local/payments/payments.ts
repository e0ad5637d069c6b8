import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Value } from 'typebox/value';
import { hostnameOf } from '../emulator-guard.ts';
import { type ActName, ActOptions, acts, isAct } from './acts.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import { createFaults, Fault, requestFaults } from './faults.ts';
import { type Changes, type LocalPayment, type LocalRefund, openJournal } from './journal.ts';
import { changed } from './life.ts';
import { localPaymentKeys, type PaymentKeys } from './local-keys.ts';
import { paypalEndpoints } from './paypal-api.ts';
import { servePages } from './serve-pages.ts';
import { stripeEndpoints } from './stripe-api.ts';
import { createWebhooks, type WebhookUrls } from './webhooks.ts';

export type LocalPayments = Awaited<ReturnType<typeof startPayments>>;

/** How often payments that are to happen by themselves are looked at. */
const lookMs = 200;

/**
 * A stand-in for Stripe and PayPal, as far as Onsale uses them, that keeps what it knows in `folder` (journal.ts) and sends webhooks:
 *
 *   /v1/payment_intents …       Stripe's API; idempotency keys are answered as Stripe does
 *   /v2/checkout/orders …       PayPal's
 *   GET /pay/{ref}              the page on which the buyer pays, or does something else
 *   POST /test/payments/{ref}/{act} {options}     the same without clicking (acts.ts)
 *   POST /test/refunds/{ref}/{done|failed|cancelled}
 *   GET /test/payments, /test/refunds             everything, as JSON
 *   POST /faults {kind, provider?, step?, count?, ms?}; GET; DELETE    what goes wrong (faults.ts)
 *
 * It serves only requests for one of its host `names`. `pageUrl`: where browsers reach it, if not at localhost.
 */
export async function startPayments(
  options: {
    port: number;
    folder: string;
    host?: string;
    names?: string[];
    pageUrl?: string;
    keys?: PaymentKeys;
  } & Partial<WebhookUrls>,
) {
  const { port, folder, host = '127.0.0.1', names = ['127.0.0.1', 'localhost'], keys = localPaymentKeys } = options;
  const { stripeWebhookUrl = '', paypalWebhookUrl = '' } = options;
  const journal = openJournal(join(folder, 'payments.jsonl'));
  const faults = createFaults();
  const webhooks = createWebhooks(journal, keys, faults, { stripeWebhookUrl, paypalWebhookUrl });
  const pageUrl = () => options.pageUrl ?? `http://localhost:${(app.server.address() as AddressInfo).port}`;

  const app = Fastify({ bodyLimit: 1_000_000, forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    const { method, headers } = request;
    if (!names.includes(hostnameOf(headers.host))) {
      await reply.code(403).send({ message: 'The Host header does not name the payment providers' });
    } else if (method !== 'GET' && headers.origin !== undefined && headers.origin !== pageUrl()) {
      await reply.code(403).send({ message: 'Another page may not pay' });
    }
  });

  for (const endpoint of stripeEndpoints(journal, pageUrl)) serve('stripe', endpoint);
  for (const endpoint of paypalEndpoints(journal, keys, pageUrl)) serve('paypal', endpoint);
  servePages(app, { journal, act });

  app.get('/health', () => ({ status: 'ok' }));
  app.get('/test/payments', () => [...journal.payments.values()]);
  app.get('/test/refunds', () => [...journal.refunds.values()]);
  app.post<{ Params: { ref: string; act: string } }>('/test/payments/:ref/:act', ({ params, body }, reply) => {
    const wish: unknown = JSON.parse((body as string | undefined) || '{}');
    if (!isAct(params.act) || !Value.Check(ActOptions, wish))
      return reply.code(400).send({ message: `Acts: ${Object.keys(acts).join(', ')}` });
    if (!journal.payments.has(params.ref)) return reply.code(404).send({ message: 'There is no such payment' });
    const payment = act(params.ref, params.act, wish);
    return payment ?? reply.code(409).send({ message: 'The payment is not in a state for this' });
  });
  app.post<{ Params: { ref: string; state: string } }>('/test/refunds/:ref/:state', ({ params: { ref, state } }, reply) => {
    if (state !== 'done' && state !== 'failed' && state !== 'cancelled')
      return reply.code(400).send({ message: 'done, failed or cancelled' });
    return settleRefund(ref, state) ?? reply.code(404).send({ message: 'There is no such refund' });
  });
  app.get('/faults', () => faults.all());
  app.post('/faults', ({ body }, reply) => {
    const fault: unknown = JSON.parse((body as string | undefined) || '{}');
    if (!Value.Check(Fault, fault)) return reply.code(400).send({ message: 'A fault has a kind; see faults.ts' });
    faults.add(fault);
    return reply.code(204).send();
  });
  app.delete('/faults', (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });

  await app.listen({ port, host });
  webhooks.sendWaiting();
  let isStopped = false;
  const ticker = setInterval(doWhatIsDue, lookMs);

  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    journal,
    faults,
    act,
    settleRefund,
    async stop(): Promise<void> {
      if (isStopped) return;
      isStopped = true;
      clearInterval(ticker);
      webhooks.stop();
      await app.close();
      journal.close();
    },
  };

  /** Does to a payment what a person would do. Undefined: it is not in a state for that, or does not exist. */
  function act(ref: string, name: ActName, wish: ActOptions = {}): LocalPayment | undefined {
    const payment = journal.payments.get(ref);
    const changes = payment && acts[name](payment, wish, journal);
    if (!changes) return undefined;
    write(changes);
    return journal.payments.get(ref);
  }

  function settleRefund(ref: string, state: LocalRefund['state']): LocalRefund | undefined {
    const before = journal.refunds.get(ref);
    const payment = before && journal.payments.get(before.paymentRef);
    if (!before || !payment) return undefined;
    const refund = { ...before, state };
    write(changed({ payment, refund }, { payment, refund: before }, { refunds: journal.refundsOf(payment.ref) }));
    return refund;
  }

  function write(changes: Changes): void {
    journal.commit(changes);
    for (const event of changes.events ?? []) webhooks.send(event);
  }

  function doWhatIsDue(): void {
    for (const { ref, later } of journal.payments.values())
      if (later && later.onMs <= Date.now() && isAct(later.act) && !act(ref, later.act)) forget(ref);
  }

  /** It can no longer be done. */
  function forget(ref: string): void {
    const payment = journal.payments.get(ref);
    if (!payment) return;
    const { later: _, ...rest } = payment;
    journal.commit({ payments: [rest] });
  }

  function serve(provider: LocalPayment['provider'], endpoint: Endpoint): void {
    const { method, path: url, step } = endpoint;
    app.route<{ Params: { ref?: string } }>({
      method,
      url,
      async handler(request, reply) {
        const fault = faults.take(requestFaults, { provider, step });
        if (fault?.kind === 'away') return breakOff(reply);
        if (fault?.kind === 'unavailable') return reply.code(503).send(failure(provider));
        if (fault?.kind === 'held') await pause(fault.ms ?? 0);
        const { status, body, isReplayed } = answerOnce(provider, endpoint, request, fault);
        if (fault?.kind === 'slow') await pause(fault.ms ?? 0);
        if (fault?.kind === 'lost-reply') return breakOff(reply);
        if (isReplayed) reply.header('idempotent-replayed', 'true');
        return reply.code(status).send(body);
      },
    });
  }

  /** Answers a request, or repeats what was answered under its key. Nothing else happens in between. */
  function answerOnce(
    provider: LocalPayment['provider'],
    endpoint: Endpoint,
    request: FastifyRequest<{ Params: { ref?: string } }>,
    fault: Fault | undefined,
  ): Answer & { isReplayed?: boolean } {
    const { method, headers, url } = request;
    const isStripe = provider === 'stripe';
    const authorization = headers.authorization ?? '';
    if (isStripe && authorization !== `Bearer ${keys.STRIPE_SECRET_KEY}`)
      return { status: 401, body: { error: { type: 'invalid_request_error', message: 'Invalid API Key provided' } } };
    const body = (request.body as string | undefined) ?? '';
    const sent = headers[isStripe ? 'idempotency-key' : 'paypal-request-id'];
    const key = method === 'POST' && sent !== undefined ? `${provider} ${sent}` : undefined;
    const fingerprint = `${method} ${url} ${body}`;
    const known = key === undefined ? undefined : journal.replies.get(key);
    if (known) return known.fingerprint === fingerprint ? { ...known, isReplayed: true } : otherRequest(provider);

    const isFailing = fault?.kind === 'error' || fault?.kind === 'error-after';
    const question = { ref: request.params.ref ?? '', query: url.split('?')[1] ?? '', body, authorization };
    const answer: Answer = fault?.kind === 'error' ? { status: 500, body: failure(provider) } : endpoint.answer(question);
    const shown = isFailing ? { status: 500, body: failure(provider) } : answer;
    // Stripe keeps the reply to any request that it began; PayPal only what it did.
    const kept = isStripe ? shown : answer;
    const isKept = key !== undefined && answer.isUnread !== true && (isStripe || answer.status < 300);
    const replies = isKept ? [{ key, fingerprint, status: kept.status, body: kept.body, createdOn: Date.now() }] : [];
    if (answer.changes || replies.length > 0) write({ ...answer.changes, replies });
    return shown;
  }
}

const failure = (provider: LocalPayment['provider']) =>
  provider === 'stripe'
    ? { error: { type: 'api_error', message: 'Something went wrong on our end' } }
    : { name: 'INTERNAL_SERVER_ERROR', message: 'An internal server error has occurred' };

const otherRequest = (provider: LocalPayment['provider']): Answer =>
  provider === 'stripe'
    ? { status: 400, body: { error: { type: 'idempotency_error', message: 'Keys can only be used with the same parameters' } } }
    : { status: 422, body: { name: 'UNPROCESSABLE_ENTITY', details: [{ issue: 'DUPLICATE_REQUEST_ID' }] } };

function breakOff(reply: FastifyReply): FastifyReply {
  reply.hijack();
  reply.raw.destroy();
  return reply;
}
