/**
 * Shows a checkout to its buyer, and lets them pay: at the provider's page, or with Stripe's element, whose frame takes the card data. None of
 * it reaches this page. The checkout's id is in the path; its token is in the fragment, which reaches no server and no log.
 *
 * @typedef {{ provider: string, status: string, payUrl?: string, clientSecret?: string, declineCode?: string }} Payment
 * @typedef {{ checkoutId: string, status: string, amount?: string, currency?: string, payBy: string, tickets: Ticket[], payment?: Payment,
 *   order?: { orderId: string } }} Checkout
 * @typedef {{ row: string | null, column: string | null }} Ticket
 *
 * The part of https://docs.stripe.com/js that is used here:
 * @typedef {{ create(type: 'payment'): { mount(selector: string): void } }} StripeElements
 * @typedef {{ elements(options: { clientSecret: string, appearance: object }): StripeElements,
 *   confirmPayment(options: { elements: StripeElements, redirect: 'if_required', confirmParams: { return_url: string } }):
 *     Promise<{ error?: { message?: string } }> }} StripeJs
 */

const checkoutId = location.pathname.split('/').at(-1) ?? '';
const token = location.hash.slice(1);
const api = `/checkout/api/v1/checkouts/${checkoutId}`;
const stripeKey = document.body.dataset['stripeKey'] ?? '';
const providers = /** @type {Record<string, string>} */ ({ stripe: 'Stripe', paypal: 'PayPal' });
const lookAgainMs = 2_000;

/** What the server says instead of doing what it was asked. */
class Refusal extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** @type {string | undefined} The client secret that Stripe's element was made for. */
let mountedFor;
/** @type {Checkout | undefined} */
let shown;

element('again', HTMLButtonElement).addEventListener('click', () => void change('/payments', {}));
element('give-up', HTMLButtonElement).addEventListener('click', () => void change('/cancel', undefined));
setInterval(tick, 1_000);
if (token) void follow();
else sayBroken();

/** Looks at the checkout until it has ended. */
async function follow() {
  for (;;) {
    /** @type {Checkout | undefined} */
    let checkout;
    try {
      // Only now and then: the provider is asked.
      checkout = await ask('GET', '?settle=true');
      await show(checkout);
      if (hasEnded(checkout)) return;
    } catch (error) {
      if (error instanceof Refusal && isFinal(error)) return sayBroken();
      say('We cannot be reached right now. We keep trying.', true);
    }
    await new Promise((resolve) => setTimeout(resolve, isWaiting(checkout) ? lookAgainMs : lookAgainMs * 5));
  }
}

function sayBroken() {
  tell('This link does not work', 'Please open the link that you were given, whole.');
}

/**
 * Whether asking again is of no use: not the server is away or busy, but the link is wrong.
 * @param {Refusal} refusal
 */
const isFinal = ({ status }) => status >= 400 && status < 429;

/** @param {Checkout} checkout */
const hasEnded = ({ status }) => ['paid', 'cancelled', 'failed'].includes(status);

/**
 * Whether something happens without the buyer.
 * @param {Checkout | undefined} checkout
 */
const isWaiting = (checkout) => checkout?.status !== 'awaiting_payment' || checkout.payment?.status === 'processing';

/** @param {Checkout} checkout */
async function show(checkout) {
  shown = checkout;
  const { status, amount = '', currency = '', tickets, payment, order } = checkout;
  const price = `${amount} ${currency}`.trim();
  const count = `${tickets.length} ${tickets.length === 1 ? 'ticket' : 'tickets'}`;
  hideAll();
  say('');
  if (status === 'paid') return tell('Thank you', `The ${count} are yours${order ? `: order ${order.orderId}` : ''}.`);
  if (status === 'cancelled') return tell('Not paid', 'The checkout was cancelled, and the seats are free for others.');
  if (status === 'failed') return tell('It did not work out', 'Nothing was sold. Money that was taken goes back by itself.');
  if (status !== 'awaiting_payment' || !payment) return tell('One moment', 'Your payment and your seats are being confirmed.');
  tell(`${count}, ${price}`, 'Your seats are kept while you pay.');
  list(tickets);
  element('give-up', HTMLButtonElement).hidden = false;
  if (payment.status === 'processing') return tell('One moment', 'The provider is working on your payment.');
  if (payment.status === 'failed' || payment.status === 'voided') {
    say('The payment did not succeed. Nothing was taken.', true);
    element('again', HTMLButtonElement).hidden = false;
    return;
  }
  if (payment.payUrl && !payment.payUrl.includes(location.pathname)) return link(payment, price);
  if (payment.clientSecret && stripeKey && payment.provider === 'stripe') return await showElement(payment.clientSecret, price);
  tell(`${count}, ${price}`, 'The payment provider does not answer right now. Your seats are kept meanwhile; we keep trying.');
  element('again', HTMLButtonElement).hidden = false;
}

/**
 * Tickets without a row have no seat of their own.
 * @param {Ticket[]} tickets
 */
function list(tickets) {
  const seated = tickets.filter(({ row }) => row !== null);
  const items = seated.map(({ row, column }) => {
    const item = document.createElement('li');
    item.textContent = `Row ${row}, seat ${column}`;
    return item;
  });
  const seats = element('seats', HTMLElement);
  seats.replaceChildren(...items);
  seats.hidden = items.length === 0;
}

/**
 * @param {Payment} payment
 * @param {string} price
 */
function link({ provider, payUrl = '' }, price) {
  const anchor = element('link', HTMLAnchorElement);
  anchor.href = payUrl;
  anchor.textContent = `Pay ${price} with ${providers[provider] ?? provider}`;
  anchor.hidden = false;
}

/**
 * @param {string} clientSecret
 * @param {string} price
 */
async function showElement(clientSecret, price) {
  const form = element('card', HTMLFormElement);
  form.hidden = false;
  if (mountedFor === clientSecret) return;
  mountedFor = clientSecret;
  try {
    const stripe = await loadStripe();
    const elements = stripe.elements({ clientSecret, appearance: { theme: 'stripe' } });
    elements.create('payment').mount('#element');
    const pay = element('pay', HTMLButtonElement);
    pay.textContent = `Pay ${price}`;
    form.onsubmit = async (event) => {
      event.preventDefault();
      pay.disabled = true;
      say('');
      const return_url = `${location.origin}${location.pathname}${location.hash}`;
      const { error } = await stripe.confirmPayment({ elements, redirect: 'if_required', confirmParams: { return_url } });
      pay.disabled = false;
      if (error) say(error.message ?? 'The payment did not succeed.', true);
      else void change('?settle=true');
    };
  } catch {
    mountedFor = undefined;
    say('Stripe cannot be reached right now. Please try again.', true);
  }
}

/**
 * Stripe's code may only come from Stripe itself.
 * @returns {Promise<StripeJs>}
 */
function loadStripe() {
  const loaded = () => /** @type {{ Stripe?: (key: string) => StripeJs }} */ (/** @type {unknown} */ (window)).Stripe;
  const known = loaded();
  if (known) return Promise.resolve(known(stripeKey));
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = 'https://js.stripe.com/v3/';
    script.onerror = () => reject(new Error('not loaded'));
    script.onload = () => {
      const create = loaded();
      if (create) resolve(create(stripeKey));
      else reject(new Error('not loaded'));
    };
    document.head.append(script);
  });
}

/**
 * Changes the checkout, or, without a body, looks at it at once.
 * @param {string} path
 * @param {object | undefined} [body]
 */
async function change(path, body) {
  const checkout = await ask(path.startsWith('?') ? 'GET' : 'POST', path, body).catch((error) => {
    say(error instanceof Error ? error.message : '', true);
  });
  if (checkout) await show(checkout);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Checkout>}
 */
async function ask(method, path, body) {
  const headers = { 'checkout-token': token, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(api + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (response.ok) return await response.json();
  const { title = 'Something went wrong' } = await response.json().catch(() => ({}));
  throw new Refusal(`${title}.`, response.status);
}

/** Counts down the time to pay. */
function tick() {
  const left = element('left', HTMLElement);
  left.hidden = shown?.status !== 'awaiting_payment';
  if (!shown || left.hidden) return;
  const seconds = Math.max(0, Math.round((Date.parse(shown.payBy) - Date.now()) / 1_000));
  left.textContent = `Time left: ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function hideAll() {
  for (const id of ['seats', 'card', 'link', 'again', 'give-up']) element(id, HTMLElement).hidden = true;
}

/**
 * @param {string} title
 * @param {string} text
 */
function tell(title, text) {
  element('title', HTMLElement).textContent = title;
  element('text', HTMLElement).textContent = text;
}

/**
 * @param {string} text
 * @param {boolean} isBad
 */
function say(text, isBad = false) {
  const result = element('result', HTMLElement);
  result.textContent = text;
  result.classList.toggle('bad', isBad);
}

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {abstract new () => T} type
 * @returns {T}
 */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${id}`);
  return found;
}
