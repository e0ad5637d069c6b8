import { validate as isUuid } from 'uuid';
import { inBatches } from '../../shared/basics/in-batches.ts';
import type { ProviderRefund } from '../providers/provider.ts';
import { moneyText, note, type Reconciliation, type Task } from './findings.ts';
import { findOwnRefund, findPayments, findRefunds, type KnownRefund } from './rows.ts';

const comparedAtOnce = 100;

/** Compares the refunds that the provider lists. Those that it does not list, the refunds themselves ask for until they have ended. */
export async function reconcileRefunds(task: Task, found: Reconciliation): Promise<void> {
  const { db, provider, sinceMs } = task;
  for await (const batch of inBatches(provider.listRefunds(sinceMs), comparedAtOnce)) {
    found.refunds += batch.length;
    if (task.isStopping()) return;
    const refs = batch.map(({ ref }) => ref);
    const known = await findRefunds(db, provider.name, refs);
    for (const refund of batch) await compareRefund(task, refund, known.get(refund.ref), found);
  }
}

async function compareRefund(
  { db, provider, refunds, isDryRun }: Task,
  refund: ProviderRefund,
  byRef: KnownRefund | undefined,
  found: Reconciliation,
): Promise<void> {
  const { ref, refundId, paymentRef, amountMinor, currency, state } = refund;
  const money = moneyText(amountMinor, currency);
  const known =
    byRef ?? (refundId !== undefined && isUuid(refundId) ? await findOwnRefund(db, provider.name, refundId) : undefined);
  // Gave nothing back.
  if (!known && (state === 'failed' || state === 'cancelled')) return;
  const payment = known ?? (await findPayments(db, provider.name, [paymentRef])).get(paymentRef);
  // Of a payment that is none of ours, or that the comparison of payments has named.
  if (!payment) return;
  const name = `refund ${ref} of checkout ${payment.checkoutId}, ${money},`;
  if (known?.ref !== undefined && known.ref !== ref) {
    return note(found.toDo, `${name} gives back what refund ${known.ref} gave back before: it was made twice`);
  }
  if (known && (known.amountMinor !== amountMinor || known.currency !== currency)) {
    note(found.toDo, `${name} is for ${moneyText(known.amountMinor, known.currency)} here`);
  }
  if (known?.ref === ref && isSame(known, refund)) return;
  const news = known
    ? `${name} is ${state}, and was ${known.state} here`
    : `${name} was made at ${provider.name} itself, and is counted now`;
  if (isDryRun) return note(found.repaired, news);
  await refunds.settleRefund(provider.name, ref);
  const now = (await findRefunds(db, provider.name, [ref])).get(ref);
  if (now && isSame(now, refund)) note(found.repaired, news);
  else note(found.toDo, `${name} is ${state} at ${provider.name}, but ${now?.state ?? 'unknown'} here`);
}

const isSame = (known: KnownRefund, { state }: ProviderRefund) =>
  known.state === state || (known.state === 'external' && (state === 'pending' || state === 'done'));
