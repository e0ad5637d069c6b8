import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { parseMoney } from '../../../services/shared/terms/money.ts';
import { newRefund } from './acts.ts';
import type { Answer, Endpoint, Request } from './endpoint.ts';
import { newPaypalId } from './ids.ts';
import type { Journal, LocalPayment } from './journal.ts';
import { authorized, changed } from './life.ts';
import type { PaymentKeys } from './local-keys.ts';
import { authorizationOf, captureOf, disputeObject, orderOf, refundObject } from './paypal-objects.ts';

const refused = (status: number, name: string, issue?: string): Answer => ({
  status,
  body: { name, message: name, ...(issue && { details: [{ issue }] }) },
});
const unprocessable = (issue: string) => refused(422, 'UNPROCESSABLE_ENTITY', issue);
const missing = refused(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
const malformed: Answer = { ...refused(400, 'INVALID_REQUEST', 'MALFORMED_REQUEST_JSON'), isUnread: true };

const tokenSeconds = 32_400;

/** The parts of PayPal's API that we use. `pageUrl`: of our own pages. */
export function paypalEndpoints(journal: Journal, keys: PaymentKeys, pageUrl: () => string): Endpoint[] {
  const tokens = new Set<string>();

  type Work = (request: Request, json: Record<string, unknown>) => Answer;
  const endpoint = (method: Endpoint['method'], path: string, step: string, work: Work): Endpoint => ({
    method,
    path,
    step,
    answer(request) {
      if (!tokens.has(request.authorization.replace(/^Bearer /, '')))
        return { ...refused(401, 'AUTHENTICATION_FAILURE'), isUnread: true };
      const json = parse(request.body || '{}');
      return json ? work(request, json) : malformed;
    },
  });

  const order = (ref: string) => {
    const payment = journal.payments.get(ref);
    return payment?.provider === 'paypal' ? payment : undefined;
  };
  const refundsOf = (payment: LocalPayment) => journal.refundsOf(payment.ref);
  const change = (payment: LocalPayment, next: LocalPayment) =>
    changed({ payment: next }, { payment }, { refunds: refundsOf(payment) });
  const show = (payment: LocalPayment) => orderOf(payment, refundsOf(payment), { pageUrl: `${pageUrl()}/pay/${payment.ref}` });

  return [
    {
      method: 'POST',
      path: '/v1/oauth2/token',
      step: 'token',
      answer({ authorization, body }) {
        const [id, secret] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
          .toString()
          .split(':');
        if (id !== keys.PAYPAL_CLIENT_ID || secret !== keys.PAYPAL_CLIENT_SECRET || body !== 'grant_type=client_credentials')
          return { status: 401, body: { error: 'invalid_client' } };
        const access_token = randomBytes(24).toString('base64url');
        tokens.add(access_token);
        return { status: 200, body: { access_token, token_type: 'Bearer', expires_in: tokenSeconds } };
      },
    },
    endpoint('POST', '/v2/checkout/orders', 'create', (_, json) => {
      const { intent, purchase_units: units, payment_source: source } = json as NewOrder;
      const unit = units?.[0];
      const amount = unit?.amount && minorOf(unit.amount);
      if (intent !== 'AUTHORIZE' || !unit || !amount || units.length !== 1) return unprocessable('INVALID_PARAMETER_VALUE');
      const returnUrl = source?.paypal?.experience_context?.return_url;
      const payment: LocalPayment = {
        ref: newPaypalId(),
        provider: 'paypal',
        state: 'created',
        amount,
        currency: unit.amount.currency_code,
        createdOn: Date.now(),
        description: unit.description ?? '',
        metadata: { ...(unit.custom_id !== undefined && { custom_id: unit.custom_id }) },
        clientSecret: '',
        captured: 0,
        ...(returnUrl !== undefined && { returnUrl }),
      };
      return {
        status: 201,
        body: orderOf(payment, [], { pageUrl: `${pageUrl()}/pay/${payment.ref}` }),
        changes: changed({ payment }, {}, { refunds: [] }),
      };
    }),
    endpoint('GET', '/v2/checkout/orders/:ref', 'retrieve', ({ ref }) => {
      const payment = order(ref);
      return payment ? { status: 200, body: show(payment) } : missing;
    }),
    endpoint('PATCH', '/v2/checkout/orders/:ref', 'mark', ({ ref, body }) => {
      const payment = order(ref);
      const [change_] = JSON.parse(body) as { op: string; path: string; value: string }[];
      if (!payment) return missing;
      if (change_?.op !== 'replace' || change_.path !== "/purchase_units/@reference_id=='default'/custom_id")
        return unprocessable('NOT_PATCHABLE');
      if (payment.authorizationId !== undefined) return unprocessable('ORDER_ALREADY_COMPLETED');
      const next = { ...payment, metadata: { custom_id: change_.value } };
      return { status: 204, body: undefined, changes: change(payment, next) };
    }),
    endpoint('POST', '/v2/checkout/orders/:ref/authorize', 'authorize', ({ ref }) => {
      const payment = order(ref);
      if (!payment) return missing;
      if (payment.authorizationId !== undefined) return unprocessable('ORDER_ALREADY_AUTHORIZED');
      if (payment.state !== 'approved') return unprocessable('ORDER_NOT_APPROVED');
      if (payment.authorizesTo === 'failed') return unprocessable('INSTRUMENT_DECLINED');
      const next = authorized(payment);
      const settled: LocalPayment = payment.authorizesTo === 'processing' ? { ...next, state: 'processing' } : next;
      return { status: 201, body: orderOf(settled, []), changes: change(payment, settled) };
    }),
    endpoint('GET', '/v2/payments/authorizations/:ref', 'retrieve-authorization', ({ ref }) => {
      const payment = journal.withPart(ref);
      return payment ? { status: 200, body: authorizationOf(payment) } : missing;
    }),
    endpoint('POST', '/v2/payments/authorizations/:ref/capture', 'capture', ({ ref }) => {
      const payment = journal.withPart(ref);
      if (!payment) return missing;
      if (payment.state === 'captured') return unprocessable('AUTHORIZATION_ALREADY_CAPTURED');
      if (payment.state === 'voided') return unprocessable(payment.isExpired ? 'AUTHORIZATION_EXPIRED' : 'AUTHORIZATION_VOIDED');
      if (payment.state !== 'authorized') return unprocessable('AUTHORIZATION_DENIED');
      const next: LocalPayment = { ...payment, state: 'captured', captured: payment.amount, captureId: newPaypalId() };
      return { status: 201, body: captureOf(next, []), changes: change(payment, next) };
    }),
    endpoint('POST', '/v2/payments/authorizations/:ref/void', 'cancel', ({ ref }) => {
      const payment = journal.withPart(ref);
      if (!payment) return missing;
      if (payment.state === 'captured') return unprocessable('PREVIOUSLY_CAPTURED');
      if (payment.state === 'voided') return unprocessable('PREVIOUSLY_VOIDED');
      if (payment.state !== 'authorized') return unprocessable('CANNOT_BE_VOIDED');
      return { status: 204, body: undefined, changes: change(payment, { ...payment, state: 'voided' }) };
    }),
    endpoint('GET', '/v2/payments/captures/:ref', 'retrieve-capture', ({ ref }) => {
      const payment = journal.withPart(ref);
      return payment ? { status: 200, body: captureOf(payment, refundsOf(payment)) } : missing;
    }),
    endpoint('POST', '/v2/payments/captures/:ref/refund', 'refund', ({ ref }, json) => {
      const payment = journal.withPart(ref);
      if (!payment) return missing;
      const { amount, custom_id } = json as { amount?: Amount; custom_id?: string };
      const refund = newRefund(
        payment,
        { amount: amount && minorOf(amount), metadata: { ...(custom_id && { custom_id }) } },
        journal,
      );
      if (refund === 'not-captured') return missing;
      if (refund === 'too-much') return unprocessable(amount ? 'REFUND_AMOUNT_EXCEEDED' : 'CAPTURE_FULLY_REFUNDED');
      return {
        status: 201,
        body: refundObject(refund, payment, pageUrl()),
        changes: changed({ payment, refund }, { payment }, { refunds: refundsOf(payment) }),
      };
    }),
    endpoint('GET', '/v2/payments/refunds/:ref', 'retrieve-refund', ({ ref }) => {
      const refund = journal.refunds.get(ref);
      const payment = refund && order(refund.paymentRef);
      return refund && payment ? { status: 200, body: refundObject(refund, payment, pageUrl()) } : missing;
    }),
    endpoint('GET', '/v1/customer/disputes', 'list-disputes', ({ query }) => {
      const payment = journal.withPart(new URLSearchParams(query).get('disputed_transaction_id') ?? '');
      return { status: 200, body: { items: payment?.dispute ? [disputeObject(payment)] : [] } };
    }),
    endpoint('GET', '/v1/reporting/transactions', 'list', ({ query }) => ({
      status: 200,
      body: transactions(new URLSearchParams(query)),
    })),
    endpoint('POST', '/v1/notifications/verify-webhook-signature', 'verify', ({ body }, json) => {
      const { transmission_id: id, transmission_time: time, webhook_id, transmission_sig } = json as Record<string, string>;
      // The event as it stands in the question, byte for byte; PayPal's signature is over its checksum.
      const event = body.slice(body.indexOf('"webhook_event":') + '"webhook_event":'.length, body.lastIndexOf('}'));
      const isRight = webhook_id === keys.PAYPAL_WEBHOOK_ID && transmission_sig === paypalSignature(keys, { id, time, event });
      return { status: 200, body: { verification_status: isRight ? 'SUCCESS' : 'FAILURE' } };
    }),
  ];

  /** PayPal's list of what moved or reserved money; a capture is apart from its authorization. */
  function transactions(query: URLSearchParams): object {
    const [from, to] = [query.get('start_date'), query.get('end_date')].map((date) => Date.parse(date ?? ''));
    const size = Number(query.get('page_size') ?? 100);
    const page = Number(query.get('page') ?? 1);
    const listed = [...journal.events.values()].flatMap(({ provider, type, objectId, createdOn }) => {
      const code = transactionCodes[type];
      const isListed = provider === 'paypal' && code !== undefined && createdOn >= (from ?? 0) && createdOn <= (to ?? 0);
      return isListed ? [{ transaction_info: { transaction_id: objectId, transaction_event_code: code } }] : [];
    });
    return {
      transaction_details: listed.slice((page - 1) * size, page * size),
      page,
      total_items: listed.length,
      total_pages: Math.ceil(listed.length / size),
    };
  }
}

const transactionCodes: Partial<Record<string, string>> = {
  'PAYMENT.AUTHORIZATION.CREATED': 'T1300',
  'PAYMENT.CAPTURE.COMPLETED': 'T0006',
  'PAYMENT.CAPTURE.REFUNDED': 'T1107',
};

type Amount = { currency_code: string; value: string };
type NewOrder = {
  intent?: string;
  purchase_units?: { amount: Amount; custom_id?: string; description?: string }[];
  payment_source?: { paypal?: { experience_context?: { return_url?: string } } };
};

/** Undefined if it is no amount. */
function minorOf({ value, currency_code: currency }: Amount): number | undefined {
  try {
    return Number(parseMoney(value, currency));
  } catch {
    return undefined;
  }
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What stands for PayPal's signature of a webhook. PayPal's own is by a certificate, over the same text. */
export const paypalSignature = (
  keys: Pick<PaymentKeys, 'PAYPAL_WEBHOOK_ID' | 'PAYPAL_CLIENT_SECRET'>,
  { id, time, event }: { id: string | undefined; time: string | undefined; event: string },
): string =>
  createHmac('sha256', keys.PAYPAL_CLIENT_SECRET)
    .update(`${id}|${time}|${keys.PAYPAL_WEBHOOK_ID}|${crc32(event)}`)
    .digest('base64');
