import { readFileSync } from 'node:fs';
import { Type } from 'typebox';
import { escapeHtml } from '../../shared/basics/text.ts';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { Uuid } from '../../shared/terms/identifiers.ts';
import type { RouteDependencies } from './dependencies.ts';
import { payPath } from './present.ts';

/** Of Stripe's own, as https://docs.stripe.com/security/guide#content-security-policy lists them. */
const ofStripe = {
  script: ' https://js.stripe.com https://*.js.stripe.com',
  connect: ' https://api.stripe.com',
  frame: ' https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com',
};
const nothing = { script: '', connect: '', frame: " 'none'" };

/** Allows only what this service serves, and Stripe's element if it is used: no other script can read what a buyer types. */
function policyOf({ script, connect, frame }: typeof ofStripe): string {
  return (
    `default-src 'none'; script-src 'self'${script}; style-src 'self'; connect-src 'self'${connect}; frame-src${frame}; ` +
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
  );
}

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
const params = Type.Object({ checkoutId: Uuid });

/**
 * Where a provider sends the buyer's browser after the payment. Not `token`, which PayPal adds to it for its own purposes.
 */
export const returnUrlOf = ({ publicOrigin, checkoutTokens }: Pick<RouteDependencies, 'publicOrigin' | 'checkoutTokens'>) => {
  return (checkoutId: string) =>
    `${publicOrigin}/checkout/return/${checkoutId}?checkoutToken=${checkoutTokens.tokenOf(checkoutId)}`;
};

/**
 * /checkout/pay/{checkoutId}: the page at which a buyer pays, and sees what became of it. /checkout/return/{checkoutId}: where providers send the
 * browser afterwards. `stripeKey`: publishable, for Stripe's element; '' if it is not used.
 */
export function registerPages(
  app: HttpServer,
  { checkouts, checkoutTokens, stripeKey }: Pick<RouteDependencies, 'checkouts' | 'checkoutTokens'> & { stripeKey: string },
): void {
  const warn = createSampledLog(
    'warn',
    'a checkout could not be settled as its buyer came back; its webhook or the sweeper does',
  );
  const headers = {
    'cache-control': 'no-cache',
    'content-security-policy': policyOf(stripeKey === '' ? nothing : ofStripe),
    'referrer-policy': 'no-referrer',
  };
  const page = read('../page/pay.html').replace('STRIPE_PUBLISHABLE_KEY', escapeHtml(stripeKey));
  const script = read('../page/pay.js');
  const style = read('../../shared/http/card-page.css');
  app.get('/checkout/pay/pay.js', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').headers(headers).send(script),
  );
  app.get('/checkout/pay/pay.css', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/css; charset=utf-8').headers(headers).send(style),
  );
  app.get('/checkout/pay/:checkoutId', { schema: { hide: true, params } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').headers(headers).send(page),
  );

  // A provider adds parameters of its own, none of which is believed.
  const querystring = Type.Object({ checkoutToken: Type.Optional(Type.String({ maxLength: 100 })) });
  app.get('/checkout/return/:checkoutId', { schema: { hide: true, params, querystring } }, async (request, reply) => {
    const { checkoutId } = request.params;
    const { checkoutToken = '' } = request.query;
    reply.headers({ ...headers, 'cache-control': 'no-store' });
    // The page says that the link does not work.
    if (!checkoutTokens.isTokenOf(checkoutId, checkoutToken)) return reply.redirect(`/checkout/pay/${checkoutId}`, 303);
    const view = await checkouts.settle(checkoutId).catch((error: unknown) => {
      warn(request.log, { err: error, checkoutId });
      return checkouts.read(checkoutId);
    });
    return reply.redirect(view?.returnUrl ?? payPath(checkoutId, checkoutToken), 303);
  });
}
