import { validate as isUuid } from 'uuid';
import { inBatches } from '../../shared/basics/in-batches.ts';
import { endedCheckouts } from '../../shared/payments/progress.ts';
import type { AttemptState } from '../../shared/stores/schema.ts';
import { type Payment, ProviderRefused } from '../providers/provider.ts';
import { moneyText, note, type Reconciliation, type Task } from './findings.ts';
import { findAttempt, findPayments, findRefs, type KnownPayment } from './rows.ts';

const comparedAtOnce = 100;
/** News that is younger is about to arrive by itself. */
const quietMs = 60_000;
/** Until then, a provider lists each payment. */
const listedMs = 4 * 3_600_000;

const isDead = (state: AttemptState) => state === 'voided' || state === 'failed';
/** A dispute that is over needs nothing: its money is in the provider's statement. */
const isOver = (dispute: string) => /won|lost|closed|resolved/i.test(dispute);

/** Compares what the provider lists, and then those of our payments that it did not list, though something may be wrong with them. */
export async function reconcilePayments(task: Task, found: Reconciliation): Promise<void> {
  const { db, provider, clock, sinceMs } = task;
  const seen = new Set<string>();
  for await (const batch of inBatches(provider.listPayments(sinceMs), comparedAtOnce)) {
    if (task.isStopping()) return;
    const refs = batch.map(({ ref }) => ref);
    const known = await findPayments(db, provider.name, refs);
    for (const payment of batch) {
      seen.add(payment.ref);
      await comparePayment(task, payment, known.get(payment.ref), found);
    }
  }

  const nowMs = clock();
  const times = { since: new Date(sinceMs), quietSince: new Date(nowMs - quietMs), listedBefore: new Date(nowMs - listedMs) };
  for (const ref of await findRefs(db, provider.name, times)) {
    if (task.isStopping()) return;
    if (seen.has(ref)) continue;
    const known = (await findPayments(db, provider.name, [ref])).get(ref);
    try {
      await comparePayment(task, await provider.retrieve(ref), known, found);
    } catch (error) {
      if (!(error instanceof ProviderRefused)) throw error;
      found.payments++;
      note(found.toDo, `${nameOf(ref, known)} is ${known?.state} here, but ${provider.name} does not know it (${error.code})`);
    }
  }
}

async function comparePayment(
  task: Task,
  payment: Payment,
  known: KnownPayment | undefined,
  found: Reconciliation,
): Promise<void> {
  found.payments++;
  if (!known) return await compareUnknown(task, payment, found);
  const { ref, amountMinor, currency, dispute } = payment;
  if (amountMinor !== known.amountMinor || currency !== known.currency) {
    const here = moneyText(known.amountMinor, known.currency);
    note(
      found.toDo,
      `${nameOf(ref, known)} is for ${moneyText(amountMinor, currency)} at ${task.provider.name}, but for ${here} here`,
    );
  }
  if (dispute !== undefined && !isOver(dispute)) {
    note(
      found.toDo,
      `${nameOf(ref, known)}, ${moneyText(amountMinor, currency)}, is disputed (${dispute}): answer at ${task.provider.name}`,
    );
  }
  if (differs(payment, known)) await settle(task, payment, known, found);
}

/** The provider does not say in each reply whether there was a dispute. */
const differs = ({ state, capturedMinor, dispute }: Payment, known: KnownPayment) =>
  state !== known.state || capturedMinor !== known.capturedMinor || (dispute !== undefined && dispute !== known.dispute);

const hasChanged = (before: KnownPayment, now: KnownPayment) =>
  now.ref !== before.ref ||
  now.state !== before.state ||
  now.capturedMinor !== before.capturedMinor ||
  now.dispute !== before.dispute;

/** Lets the saga ask for the truth and go on with it. */
async function settle(
  { db, provider, checkouts, isDryRun }: Task,
  payment: Payment,
  known: KnownPayment,
  found: Reconciliation,
): Promise<void> {
  const { ref } = payment;
  const isNews = `${nameOf(ref, known)} is ${stateText(payment)}, and was ${stateText(known)} here`;
  if (isDryRun) return note(found.repaired, isNews);
  await checkouts.settlePayment(provider.name, ref);
  const now = (await findPayments(db, provider.name, [ref])).get(ref);
  if (now && hasChanged(known, now)) return note(found.repaired, `${isNews}; the checkout is ${now.checkoutState}`);
  // The saga asks by itself, and others would be in its way.
  if (!endedCheckouts.includes(known.checkoutState)) found.busy++;
  else {
    note(
      found.toDo,
      `${nameOf(ref, known)} is ${stateText(payment)} at ${provider.name}, but ${stateText(known)} here, and the checkout is ${known.checkoutState}`,
    );
  }
}

/** A payment that we have never heard of: of an attempt whose creation was not answered, of data that was lost, or of somebody else. */
async function compareUnknown(task: Task, payment: Payment, found: Reconciliation): Promise<void> {
  const { db, provider } = task;
  const { ref, checkoutId, attempt, capturedMinor, refundedMinor, currency, state } = payment;
  if (checkoutId === undefined || attempt === undefined) {
    found.foreign.payments++;
    found.foreign.captured.set(currency, (found.foreign.captured.get(currency) ?? 0) + capturedMinor);
    return;
  }
  const known = isUuid(checkoutId) ? await findAttempt(db, provider.name, { checkoutId, attempt }) : undefined;
  if (known && known.ref === undefined) return await settle(task, payment, known, found);
  const isHarmless = capturedMinor === 0 ? isDead(state) : refundedMinor >= capturedMinor;
  if (isHarmless) return;
  const what =
    capturedMinor > 0
      ? `took ${moneyText(capturedMinor, currency)}: refund it at ${provider.name}`
      : `is ${state}: cancel it at ${provider.name}`;
  const whose = known
    ? `of attempt ${attempt} of checkout ${checkoutId}, which is paid by ${known.ref},`
    : `of checkout ${checkoutId}, which does not exist here,`;
  note(found.toDo, `payment ${ref} ${whose} ${what}`);
}

const nameOf = (ref: string, known: KnownPayment | undefined) =>
  known ? `payment ${ref} of checkout ${known.checkoutId}` : `payment ${ref}`;

const stateText = ({
  state,
  capturedMinor,
  currency,
  dispute,
}: Pick<Payment, 'state' | 'capturedMinor' | 'currency'> & { dispute?: string | undefined }) =>
  [
    state === 'captured' ? `captured, ${moneyText(capturedMinor, currency)}` : state,
    ...(dispute === undefined ? [] : [`disputed: ${dispute}`]),
  ].join(', ');
