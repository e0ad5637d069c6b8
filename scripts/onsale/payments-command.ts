import { type Command, Option } from 'commander';
import { reconcile } from '../../services/checkout/reconcile/reconcile.ts';
import { states } from '../../services/checkout/saga/states.ts';
import { countOf } from '../../services/shared/basics/text.ts';
import type { Database } from '../../services/shared/stores/database.ts';
import type { CheckoutState } from '../../services/shared/stores/schema.ts';
import { alignColumns } from '../terminal/align-columns.ts';
import { checkoutEnvironment } from './payments/checkout-environment.ts';
import { checkoutText } from './payments/checkout-text.ts';
import { findCheckout, findCheckouts } from './payments/find-checkouts.ts';
import { reconcileText } from './payments/reconcile-text.ts';
import { sinceTime } from './payments/since.ts';
import { withSystem } from './system.ts';

const defaultSince = '24h';
/** Tables are aligned in parts, so that a million checkouts need no memory. */
const linesAtOnce = 500;

/** Adds the commands about payments: checkouts in MySQL, and what their providers say. */
export function registerPaymentsCommands(program: Command): void {
  const payments = program.command('payments').description('show payments, and compare them with what their providers say');

  payments
    .command('list')
    .argument('<eventId>')
    .addOption(new Option('--state <state>', 'only checkouts in this state').choices(Object.keys(states)))
    .description("list an event's checkouts, oldest first, with what was taken and refunded, according to MySQL")
    .action(async (eventId: string, options: { state?: CheckoutState }) => {
      await withSystem(['db'], ({ db }) => listCheckouts(db, eventId, options, console.log));
    });

  payments
    .command('show')
    .argument('<id>', "of a checkout, an order or a refund; or a payment's or refund's id at its provider")
    .description('show a checkout with its payments and refunds, and what it waits for')
    .action(async (id: string) => {
      const found = await withSystem(['db'], ({ db }) => findCheckout(db, id));
      if (!found) throw new Error(`There is no checkout, order, payment or refund ${id}.`);
      console.log(checkoutText(found));
    });

  payments
    .command('reconcile')
    .addOption(
      new Option('--since <time>', 'compare what happened since: 6h, 7d, 2026-12-31 or 2026-12-31T20:00:00Z')
        .argParser((text) => sinceTime(text))
        .default(sinceTime(defaultSince), defaultSince),
    )
    .option('--dry-run', 'show what would be repaired, without repairing it')
    .description(
      "compare payments and refunds with the providers' own lists. Repairs what is safe: payments and refunds that nobody told of, " +
        'payments that must not be paid any more, and refunds made at the dashboard; exit status 1 if something is left for you, or a ' +
        'provider is away',
    )
    .action(async ({ since: sinceMs, dryRun: isDryRun = false }: { since: number; dryRun?: boolean }) => {
      // Only then: the providers' SDK would make every other command slow.
      const { connectReconciler } = await import('./payments/reconciler.ts');
      const results = await withSystem(['db'], ({ db }) =>
        reconcile(connectReconciler(db, checkoutEnvironment()), { sinceMs, isDryRun }),
      );
      console.log(reconcileText(results, { sinceMs, isDryRun }));
      if (results.some(({ toDo, away }) => toDo.count > 0 || away !== undefined)) process.exitCode = 1;
    });
}

const header = ['begun (UTC)', 'checkout', 'state', 'reason', 'provider', 'attempts', 'amount', 'taken', 'refunded', 'order'];

/** Prints an event's checkouts. Rejects an event that was never opened. */
export async function listCheckouts(
  db: Database,
  eventId: string,
  options: { state?: CheckoutState },
  say: (line: string) => void,
): Promise<void> {
  let count = 0;
  let rows: string[][] = [];
  const print = () => {
    if (rows.length > 0) for (const line of alignColumns([header, ...rows], [5, 6, 7, 8])) say(line);
    rows = [];
  };
  for await (const checkout of findCheckouts(db, eventId, options)) {
    count++;
    const { begun, checkoutId, state, reason, provider, attempts, amount, taken, refunded, orderId } = checkout;
    rows.push([begun, checkoutId, state, reason, provider, String(attempts), amount, taken, refunded, orderId]);
    if (rows.length === linesAtOnce) print();
  }
  print();
  say(count === 0 ? 'No checkout matches.' : countOf(count, 'checkout'));
}
