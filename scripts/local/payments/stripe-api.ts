import { newRefund } from './acts.ts';
import type { Answer, Endpoint } from './endpoint.ts';
import { type Form, parseForm } from './form.ts';
import { newId } from './ids.ts';
import type { Changes, Journal, LocalEvent, LocalPayment } from './journal.ts';
import { changed, payable } from './life.ts';
import { disputeObject, intentOf, refundObject } from './stripe-objects.ts';

const failed = (status: number, error: object): Answer => ({ status, body: { error } });
const invalid = (message: string, code?: string, status = 400) =>
  failed(status, { type: 'invalid_request_error', message, ...(code && { code }) });
const missing = (ref: string) => invalid(`No such object: ${ref}`, 'resource_missing', 404);

/** The parameters that a step knows, and refuses others as Stripe does. */
const parameters: Record<string, string[]> = {
  create: [
    'amount',
    'currency',
    'automatic_payment_methods',
    'payment_method_options',
    'description',
    'receipt_email',
    'metadata',
    'expand',
  ],
  retrieve: ['expand'],
  capture: ['expand'],
  cancel: ['cancellation_reason', 'expand'],
  refund: ['payment_intent', 'amount', 'metadata'],
  'retrieve-refund': [],
  list: ['created', 'limit', 'starting_after', 'expand'],
  'list-refunds': ['created', 'payment_intent', 'limit', 'starting_after'],
  'list-events': ['created', 'types', 'limit', 'starting_after'],
  'list-disputes': ['payment_intent', 'limit'],
};

/** The parts of Stripe's API that we use. `pageUrl`: of our own pages. */
export function stripeEndpoints(journal: Journal, pageUrl: () => string): Endpoint[] {
  type Work = (form: Form, ref: string) => Answer;
  const endpoint = (method: Endpoint['method'], path: string, step: string, work: Work): Endpoint => ({
    method,
    path,
    step,
    answer({ ref, query, body }) {
      const form = parseForm(method === 'GET' ? query : body);
      const unknown = Object.keys(form).find((name) => !parameters[step]?.includes(name));
      if (unknown !== undefined)
        return { ...invalid(`Received unknown parameter: ${unknown}`, 'parameter_unknown'), isUnread: true };
      return work(form, ref);
    },
  });

  const withPayment =
    (work: (payment: LocalPayment, form: Form) => Answer): Work =>
    (form, ref) => {
      const payment = journal.payments.get(ref);
      return payment?.provider === 'stripe' ? work(payment, form) : missing(ref);
    };
  const isWhole = (form: Form) =>
    Object.values((form.expand as Form | undefined) ?? {}).some((field) => String(field).endsWith('latest_charge'));
  const show = (payment: LocalPayment, form: Form, changes?: Changes, actionUrl?: string): Answer => ({
    status: 200,
    body: intentOf(payment, journal.refundsOf(payment.ref), { isWhole: isWhole(form), ...(actionUrl && { actionUrl }) }),
    ...(changes && { changes }),
  });
  const change = (payment: LocalPayment, next: LocalPayment, form: Form) =>
    show(next, form, changed({ payment: next }, { payment }, { refunds: journal.refundsOf(payment.ref) }));
  const actionUrlOf = ({ state, ref }: LocalPayment) => (state === 'requires_action' ? `${pageUrl()}/pay/${ref}` : undefined);
  const unexpected = (payment: LocalPayment, what: string) =>
    failed(400, {
      type: 'invalid_request_error',
      code: 'payment_intent_unexpected_state',
      message: `This PaymentIntent could not be ${what} because it has a status of ${payment.state}.`,
    });

  return [
    endpoint('POST', '/v1/payment_intents', 'create', (form) => {
      const amount = Number(form.amount);
      const { currency, metadata = {} } = form as { currency?: string; metadata?: Record<string, string> };
      if (!Number.isSafeInteger(amount) || amount < 1)
        return { ...invalid('Invalid integer: amount', 'parameter_invalid_integer'), isUnread: true };
      if (!/^[a-z]{3}$/.test(currency ?? '')) return { ...invalid('Invalid currency', 'currency'), isUnread: true };
      const ref = newId('pi_');
      const payment: LocalPayment = {
        ref,
        provider: 'stripe',
        state: 'created',
        amount,
        currency: currency ?? '',
        createdOn: Date.now(),
        description: String(form.description ?? ''),
        metadata,
        clientSecret: `${ref}_secret_${newId('')}`,
        captured: 0,
      };
      // Stripe says no such address of a new payment: its own code in the seller's page goes on.
      return show(payment, form, changed({ payment }, {}, { refunds: [] }), `${pageUrl()}/pay/${ref}`);
    }),
    endpoint(
      'GET',
      '/v1/payment_intents/:ref',
      'retrieve',
      withPayment((payment, form) => show(payment, form, undefined, actionUrlOf(payment))),
    ),
    endpoint(
      'POST',
      '/v1/payment_intents/:ref/capture',
      'capture',
      withPayment((payment, form) => {
        if (payment.state !== 'authorized') return unexpected(payment, 'captured');
        return change(payment, { ...payment, state: 'captured', captured: payment.amount }, form);
      }),
    ),
    endpoint(
      'POST',
      '/v1/payment_intents/:ref/cancel',
      'cancel',
      withPayment((payment, form) => {
        const isOpen = payable.includes(payment.state) && payment.state !== 'processing';
        if (!isOpen && payment.state !== 'authorized') return unexpected(payment, 'canceled');
        const { later: _, ...rest } = payment;
        return change(payment, { ...rest, state: 'voided' }, form);
      }),
    ),
    endpoint('POST', '/v1/refunds', 'refund', (form) => {
      const ref = String(form.payment_intent);
      const payment = journal.payments.get(ref);
      if (payment?.provider !== 'stripe') return missing(ref);
      const amount = form.amount === undefined ? undefined : Number(form.amount);
      const refund = newRefund(payment, { amount, metadata: (form.metadata ?? {}) as Record<string, string> }, journal);
      if (refund === 'not-captured') return invalid('This PaymentIntent does not have a successful charge to refund.');
      if (refund === 'too-much')
        return invalid('Refund amount is greater than unrefunded amount on charge', 'charge_already_refunded');
      return {
        status: 200,
        body: refundObject(refund, payment),
        changes: changed({ payment, refund }, { payment }, { refunds: journal.refundsOf(ref) }),
      };
    }),
    endpoint('GET', '/v1/refunds/:ref', 'retrieve-refund', (_, ref) => {
      const refund = journal.refunds.get(ref);
      const payment = refund && journal.payments.get(refund.paymentRef);
      return refund && payment?.provider === 'stripe' ? { status: 200, body: refundObject(refund, payment) } : missing(ref);
    }),
    endpoint('GET', '/v1/payment_intents', 'list', (form) =>
      list(
        ours(),
        form,
        ({ ref }) => ref,
        (payment) => intentOf(payment, journal.refundsOf(payment.ref), { isWhole: isWhole(form) }),
      ),
    ),
    endpoint('GET', '/v1/refunds', 'list-refunds', (form) => {
      const refunds = ours().flatMap((payment) => journal.refundsOf(payment.ref).map((refund) => ({ ...refund, payment })));
      const asked = refunds.filter(({ paymentRef }) => form.payment_intent === undefined || form.payment_intent === paymentRef);
      return list(
        asked,
        form,
        ({ ref }) => ref,
        ({ payment, ...refund }) => refundObject(refund, payment),
      );
    }),
    endpoint('GET', '/v1/events', 'list-events', (form) => {
      const types = form.types === undefined ? undefined : Object.values(form.types);
      const events = [...journal.events.values()].filter(
        ({ provider, type }) => provider === 'stripe' && (types?.includes(type) ?? true),
      );
      return list(events, form, ({ id }) => id, eventObject);
    }),
    endpoint('GET', '/v1/disputes', 'list-disputes', (form) => {
      const disputed = ours().filter(({ ref, dispute }) => dispute && ref === form.payment_intent);
      return list(disputed, form, ({ dispute }) => dispute?.id ?? '', disputeObject);
    }),
  ];

  function ours(): LocalPayment[] {
    return [...journal.payments.values()].filter(({ provider }) => provider === 'stripe');
  }

  function eventObject({ id, type, createdOn, ref, objectId }: LocalEvent): object {
    const payment = journal.payments.get(ref);
    const refund = journal.refunds.get(objectId);
    const object =
      payment &&
      (refund
        ? refundObject(refund, payment)
        : type.startsWith('charge.dispute')
          ? disputeObject(payment)
          : intentOf(payment, []));
    return { id, object: 'event', created: Math.floor(createdOn / 1_000), type, data: { object } };
  }
}

const mostListed = 100;

/** A page of a list, newest first, of those created since `created[gte]`. */
function list<T extends { createdOn: number }>(
  things: T[],
  form: Form,
  idOf: (thing: T) => string,
  show: (thing: T) => object,
): Answer {
  const since = Number((form.created as Form | undefined)?.gte ?? 0) * 1_000;
  const newest = things.filter(({ createdOn }) => createdOn >= since).reverse();
  const from = form.starting_after === undefined ? 0 : newest.findIndex((thing) => idOf(thing) === form.starting_after) + 1;
  const size = Math.min(mostListed, Number(form.limit ?? 10));
  const data = newest.slice(from, from + size).map(show);
  return { status: 200, body: { object: 'list', url: '/v1', has_more: from + size < newest.length, data } };
}
