import type { FastifyInstance } from 'fastify';
import type { ActName, ActOptions } from './acts.ts';
import type { Journal, LocalPayment } from './journal.ts';
import { aboutPage, type Button, buttonsOf, headersFor, missingPage, payPage } from './page.ts';

type Act = (ref: string, name: ActName, wish?: ActOptions) => LocalPayment | undefined;

/** The page of a payment, with a button for everything that can happen to it, and one at `/` that lists the payments. */
export function servePages(app: FastifyInstance, { journal, act }: { journal: Journal; act: Act }): void {
  app.get('/', (_request, reply) => {
    const newest = [...journal.payments.values()].reverse();
    return reply.headers(headersFor()).send(aboutPage(newest));
  });

  app.get<{ Params: { ref: string }; Querystring: { return_url?: string } }>('/pay/:ref', ({ params, query }, reply) => {
    const payment = remember(params.ref, query.return_url);
    if (!payment) return reply.code(404).headers(headersFor()).send(missingPage);
    return reply.headers(headersFor(payment.returnUrl)).send(payPage(payment));
  });

  app.post<{ Params: { ref: string } }>('/pay/:ref', ({ params: { ref }, body }, reply) => {
    const payment = journal.payments.get(ref);
    const name = new URLSearchParams(body as string).get('button');
    const button = payment && buttonsOf(payment).find((one) => one.name === name);
    if (!payment || !button) return reply.redirect(`/pay/${ref}`, 303);
    press(payment, button);
    const isBack = button.returns && payment.returnUrl !== undefined;
    return reply.redirect(isBack ? returnUrlOf(payment) : `/pay/${ref}`, 303);
  });

  function press({ ref }: LocalPayment, { act: name, options }: Button): void {
    if (name !== undefined) act(ref, name, options);
  }

  /** With Stripe, the seller's page says where to go afterwards. */
  function remember(ref: string, returnUrl: string | undefined): LocalPayment | undefined {
    const payment = journal.payments.get(ref);
    const isUrl = /^https?:$/.test(URL.parse(returnUrl ?? '')?.protocol ?? '');
    if (!payment || !isUrl || returnUrl === undefined) return payment;
    const next = { ...payment, returnUrl };
    journal.commit({ payments: [next] });
    return next;
  }
}

/** Where the buyer is sent afterwards, with what the provider adds to the address. */
function returnUrlOf({ provider, ref, returnUrl = '', clientSecret }: LocalPayment): string {
  const url = new URL(returnUrl);
  const added =
    provider === 'stripe'
      ? { payment_intent: ref, payment_intent_client_secret: clientSecret, redirect_status: 'succeeded' }
      : { token: ref, PayerID: 'LOCALBUYER' };
  for (const [name, value] of Object.entries(added)) url.searchParams.append(name, value);
  return url.href;
}
