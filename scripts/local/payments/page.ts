import { escapeHtml } from '../../../services/shared/basics/text.ts';
import { formatMoney } from '../../../services/shared/terms/money.ts';
import { hashOf, layout, style } from '../plain-page.ts';
import type { ActName, ActOptions } from './acts.ts';
import type { LocalPayment, LocalState } from './journal.ts';

/** `returns`: the buyer is sent back to the seller. */
export type Button = { name: string; text: string; hint: string; act?: ActName; options?: ActOptions; returns: boolean };

const slowSeconds = 8;
const lateMinutes = 20;

const pay: Button = { name: 'pay', text: 'Pay', hint: 'The payment succeeds.', act: 'succeed', returns: true };
const instant: Button = {
  name: 'instant',
  text: 'Pay with a method that cannot wait',
  hint: 'The money is taken at once, as with a bank transfer.',
  act: 'succeed',
  options: { isAutomatic: true },
  returns: true,
};
const decline: Button = { name: 'decline', text: 'Decline', hint: 'The bank says no.', act: 'decline', returns: true };
const authenticate: Button = {
  name: '3ds',
  text: 'Ask for 3-D Secure',
  hint: "The buyer's bank asks for a confirmation first, here.",
  act: 'require-action',
  returns: false,
};
const slow: Button = {
  name: 'slow',
  text: 'Pay slowly',
  hint: `The payment is processed for ${slowSeconds} s, then succeeds.`,
  act: 'process',
  options: { seconds: slowSeconds },
  returns: true,
};
const late: Button = {
  name: 'late',
  text: 'Pay late',
  hint: `The payment succeeds in ${lateMinutes} min, if it still can: a checkout is over before that.`,
  act: 'pay-late',
  options: { seconds: lateMinutes * 60 },
  returns: true,
};
const crash: Button = {
  name: 'crash',
  text: 'Pay, then crash',
  hint: 'The payment succeeds, but nobody is sent back, and the webhook comes a minute later.',
  act: 'crash',
  returns: false,
};
const leave: Button = { name: 'leave', text: 'Go back without paying', hint: 'Nothing happens.', returns: true };

/** What can be done to a payment. */
export function buttonsOf({ state, provider }: LocalPayment): Button[] {
  if (state === 'requires_action' && provider === 'stripe')
    return [
      { ...pay, text: 'Confirm', hint: 'The bank knows the buyer.' },
      { ...decline, text: 'Fail', hint: 'The bank does not.', options: { code: 'authentication_failure' } },
    ];
  if (state !== 'created' && state !== 'failed' && state !== 'requires_action') return [];
  return provider === 'stripe'
    ? [pay, instant, authenticate, decline, slow, late, crash, leave]
    : [pay, decline, slow, late, crash, leave];
}

/** They load nothing, and lead to nobody but the seller. */
export const headersFor = (returnUrl?: string) => ({
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  // A form's own address as Origin, which tells our pages from others'.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'content-security-policy': `default-src 'none'; style-src ${hashOf(style)}; img-src data:; form-action 'self'${returnUrl ? ` ${new URL(returnUrl).origin}` : ''}; base-uri 'none'; frame-ancestors 'none'`,
});

const names = { stripe: 'Stripe', paypal: 'PayPal' };

const words: Record<LocalState, string> = {
  created: 'To be paid',
  requires_action: 'To be confirmed by the buyer',
  processing: 'Being processed',
  approved: 'Approved by the buyer',
  authorized: 'Authorized',
  captured: 'Captured',
  failed: 'Declined',
  voided: 'Cancelled',
};

const amountText = ({ amount, currency }: LocalPayment) =>
  `${formatMoney(amount, currency.toUpperCase())} ${currency.toUpperCase()}`;

const header = (title: string, text: string) =>
  `<header class="narrow"><div><h1>${title}</h1><p class="muted">${text}</p></div></header>`;

const about = 'It stands in for Stripe and PayPal. No money moves, and no card is asked for.';

export function payPage(payment: LocalPayment): string {
  const { provider, ref, state, description, declineCode, later, returnUrl } = payment;
  const rows = {
    For: description || '(no description)',
    Amount: amountText(payment),
    State: words[state] + (declineCode ? ` (${declineCode})` : ''),
    ...(later && { Later: `${later.act} at ${new Date(later.onMs).toISOString().slice(11, 19)} UTC` }),
    Id: ref,
  };
  const buttons = buttonsOf(payment);
  const isIdle = state === 'requires_action' && provider === 'stripe';
  return layout(
    `Pay ${amountText(payment)} · Local ${names[provider]}`,
    `${header(`Local ${names[provider]}`, about)}
<main class="narrow">
<form class="card" method="post" action="/pay/${ref}">
<dl>${Object.entries(rows)
      .map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`)
      .join('')}</dl>
${isIdle ? '<h2>3-D Secure</h2>' : ''}
<ul>${buttons.map(buttonItem).join('\n')}</ul>
${buttons.length === 0 ? '<p role="status">There is nothing left to do here.</p>' : ''}
</form>
${returnUrl ? `<p class="links"><a href="${escapeHtml(returnUrl)}">Back to the seller</a></p>` : ''}
</main>`,
  );
}

const buttonItem = ({ name, text, hint }: Button) =>
  `<li><button name="button" value="${name}" aria-describedby="hint-${name}">${text}</button><p id="hint-${name}" class="muted">${escapeHtml(hint)}</p></li>`;

export const missingPage = layout(
  'Unknown payment · Local payments',
  `${header('Unknown payment', about)}<main class="narrow"><div class="card"><p>There is no such payment here.</p><p><a href="/">All payments</a></p></div></main>`,
);

/** More than anybody reads. */
const mostShown = 100;

export function aboutPage(payments: LocalPayment[]): string {
  const items = payments.slice(0, mostShown).map(
    (payment) => `<li class="card mail">
<h2><a href="/pay/${payment.ref}">${escapeHtml(payment.description || payment.ref)}</a></h2>
<p class="about muted"><span>${names[payment.provider]}: ${words[payment.state]}</span> <span>${amountText(payment)}</span></p>
</li>`,
  );
  return layout(
    'Local payments',
    `<header><div><h1>Local payments</h1><p class="muted">${about}</p></div></header>
<main>${items.length === 0 ? '<p>No payments yet.</p>' : `<ul>${items.join('\n')}</ul>`}</main>`,
  );
}
