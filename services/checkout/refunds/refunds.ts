import { validate as isUuid } from 'uuid';
import type { ProviderName } from '../../shared/stores/schema.ts';
import { type Provider, ProviderAway, type ProviderRefund, ProviderRefused } from '../providers/provider.ts';
import type { Checkout } from '../saga/checkout.ts';
import { createFailureLog, noteOf, pauseMs } from '../saga/run.ts';
import { createStore } from '../saga/store.ts';
import { defaultTimes, type RefundRefusal, type Refunds, type RefundWish, type SagaDependencies } from '../saga/types.ts';
import { amountOf, isSameWish, type OrderTicket } from './amount.ts';
import { type Refund, refundView } from './refund.ts';
import { createRefundStore } from './store.ts';

/** How often a provider is asked about a refund on its way, if no webhook comes. Banks take days. */
const pollMs = 10 * 60_000;

/** Reserved: no request has a key that begins so. */
const requestKeyOf = ({ requestKey }: RefundWish) => `asked-${requestKey}`;

/** What became of a refund. `dueMs`: when to ask again; absent if it has ended. */
type Change = { state: Refund['state']; ref?: string; dueMs?: number; note?: string };

/** The refunds of an installation: the tickets are cancelled first, and then the money goes back. */
export function createRefunds({
  db,
  purchase,
  providers,
  clock,
  logger,
  times = defaultTimes,
}: Omit<SagaDependencies, 'returnUrlOf'>): Refunds {
  const store = createRefundStore({ db, clock, times });
  const { findPayment } = createStore({ db, clock, times });
  const logFailure = createFailureLog(logger, 'a refund');

  return {
    async request(wish) {
      const checkout = await store.checkoutOfOrder(wish.orderId);
      if (!checkout?.terms || checkout.state === 'cancelled' || checkout.state === 'failed')
        return { refused: 'ORDER_NOT_FOUND' };
      if (checkout.state !== 'paid') return { refused: 'PAYMENT_PENDING' };
      const { eventId, terms } = checkout;
      const order = await purchase.readOrder({ eventId, orderId: wish.orderId });
      const asked = await ask(checkout, wish, order?.tickets ?? terms.tickets);
      if (!('refund' in asked)) return asked;
      return { ...asked, refund: refundView(asked.isNew ? await goOn(asked.refund) : asked.refund) };
    },

    organiserOf: async (orderId) => (await store.checkoutOfOrder(orderId))?.terms?.organiserId,

    listOfOrder: async (orderId) => (await store.listOfOrder(orderId)).map(refundView),

    async settleRefund(name, ref) {
      const known = await store.readByRef(name, ref);
      const truth = await providerOf(name).retrieveRefund(ref);
      const own = known ?? (await ownRefund(name, truth));
      const settled = own ? await learn(own, truth) : await adopt(name, truth);
      return settled && refundView(settled);
    },

    async sweepOne() {
      const refund = await store.claimDue();
      if (refund) await goOn(refund);
      return refund !== undefined;
    },
  };

  function providerOf(name: ProviderName): Provider {
    const provider = providers.get(name);
    if (!provider) throw new ProviderAway(`${name} has no keys here`);
    return provider;
  }

  /** Stores a refund that is wished for, unless it would give back more than is left. */
  async function ask(
    { checkoutId, eventId, provider, attempt, terms }: Checkout,
    wish: RefundWish,
    tickets: OrderTicket[],
  ): Promise<{ refund: Refund; isNew: boolean } | RefundRefusal> {
    const requestKey = requestKeyOf(wish);
    return await store.locked(checkoutId, async (trx) => {
      const refunds = await store.listOfCheckout(trx, checkoutId);
      const known = refunds.find((refund) => refund.requestKey === requestKey);
      if (known) return isSameWish(known, wish) ? { refund: known, isNew: false } : { refused: 'IDEMPOTENCY_KEY_REUSED' };
      const { organiserId = '', currency = '' } = terms ?? {};
      const number = attempt?.number ?? 0;
      const ofPayment = refunds.filter((refund) => refund.attempt === number);
      const amount = amountOf(wish, { capturedMinor: attempt?.capturedMinor ?? 0, currency, tickets, refunds: ofPayment });
      if ('refused' in amount) return amount;
      const { orderId, seats, reason, principal } = wish;
      const refund = { checkoutId, attempt: number, orderId, eventId, organiserId, provider, currency, ...amount };
      return { refund: await store.insert(trx, { ...refund, seats, reason, principal, requestKey }), isNew: true };
    });
  }

  /** Takes the step of a refund that this process has just stored or claimed. If somebody else is faster, returns what they made of it. */
  async function goOn(refund: Refund): Promise<Refund> {
    const { refundId, failures } = refund;
    const checkout = await store.checkoutOf(refund);
    let change: Change;
    try {
      change = await step(checkout, refund);
    } catch (error) {
      logFailure(error, failures + 1, { refundId, state: refund.state });
      const postponed = await store.postpone(refund, { pauseMs: pauseMs(failures), note: noteOf(error) });
      return postponed ?? (await store.read(refundId)) ?? refund;
    }
    return (await store.change(checkout, refund, change)) ?? (await store.read(refundId)) ?? refund;
  }

  async function step({ attempt }: Checkout, refund: Refund): Promise<Change> {
    const { refundId, eventId, orderId, ticketIds, seats, amountMinor, currency } = refund;
    const provider = providerOf(refund.provider);
    if (refund.ref !== undefined) return changeOf(await provider.retrieveRefund(refund.ref));
    if (orderId !== undefined && ticketIds?.length !== 0) {
      const tickets = { eventId, orderId, ...(ticketIds && { ticketIds }), seats };
      const outcome = await purchase.cancelOrder(tickets);
      if (outcome === 'TICKET_NOT_FOUND') return { state: 'cancelled', note: 'A ticket was exchanged meanwhile' };
    }
    if (amountMinor === 0) return { state: 'done' };
    if (attempt?.ref === undefined) throw new Error('only a payment that was captured can be refunded');
    try {
      return changeOf(await provider.refund({ refundId, ref: attempt.ref, amountMinor, currency }));
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      logger.error({ refundId, code: error.code }, 'a provider refused a refund: somebody must give the money back');
      return { state: 'failed', note: `The provider refused it: ${error.code}` };
    }
  }

  function changeOf({ state, ref }: ProviderRefund): Change {
    return state === 'pending' ? { state, ref, dueMs: clock() + pollMs } : { state, ref };
  }

  /** Our refund that a provider's refund is, if its reply was lost. */
  async function ownRefund(provider: ProviderName, { refundId }: ProviderRefund): Promise<Refund | undefined> {
    if (refundId === undefined || !isUuid(refundId)) return undefined;
    const refund = await store.read(refundId);
    return refund?.provider === provider && refund.ref === undefined ? refund : undefined;
  }

  /** Even a refund that was done can fail later: the bank sends it back. */
  async function learn(refund: Refund, truth: ProviderRefund): Promise<Refund | undefined> {
    const { state, ref } = refund;
    const isKnown = ref !== undefined && (state === truth.state || (state === 'external' && truth.state !== 'failed'));
    if (isKnown || state === 'failed' || state === 'cancelled') return refund;
    const checkout = await store.checkoutOf(refund);
    return (await store.change(checkout, refund, changeOf(truth))) ?? (await store.read(refund.refundId));
  }

  /** Takes over a refund that was made at the provider's dashboard. Of tickets it knows nothing. */
  async function adopt(provider: ProviderName, truth: ProviderRefund): Promise<Refund | undefined> {
    const { ref, paymentRef, amountMinor, currency, state } = truth;
    if (state === 'failed' || state === 'cancelled') return undefined;
    const payment = await findPayment(provider, { ref: paymentRef });
    if (!payment) return undefined;
    const { checkoutId, number } = payment;
    const checkout = await store.checkoutOf({ checkoutId, attempt: number });
    const { eventId, terms, state: bought } = checkout;
    const of = { checkoutId, attempt: number, eventId, organiserId: terms?.organiserId ?? '', provider };
    const refund = {
      ...of,
      ...(bought === 'paid' && terms && { orderId: terms.orderId }),
      ...{ amountMinor, currency, ticketIds: [], seats: 'free' as const },
      reason: "Made at the provider's dashboard",
      principal: 'provider',
      requestKey: `external-${ref}`,
    };
    return await store.adopt(checkout, refund, ref);
  }
}
