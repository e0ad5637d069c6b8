import type { Database } from '../../shared/stores/database.ts';
import type { ProviderName } from '../../shared/stores/schema.ts';
import { formatMoney } from '../../shared/terms/money.ts';
import type { Provider } from '../providers/provider.ts';
import type { Checkouts, Refunds } from '../saga/types.ts';

export type ReconcilerDependencies = {
  db: Database;
  providers: ReadonlyMap<ProviderName, Provider>;
  checkouts: Pick<Checkouts, 'settlePayment'>;
  refunds: Pick<Refunds, 'settleRefund'>;
  clock: () => number;
};

/** `isDryRun`: say what would be repaired, and change nothing. `isStopping`: whether to end early. */
export type Wish = { sinceMs: number; isDryRun?: boolean; isStopping?: () => boolean };

/** One provider's part of it. */
export type Task = Omit<ReconcilerDependencies, 'providers'> & Required<Wish> & { provider: Provider };

/** Enough to see what is wrong, however much there is. */
const maxLines = 100;

/** The first hundred lines, and how many there are. */
export type Lines = { count: number; lines: string[] };

/**
 * What a provider and we disagree about. `repaired`: or, in a dry run, what would be. `toDo`: what somebody has to decide. `busy`: payments of
 * checkouts that the saga is working on. `away`: why not all was compared.
 */
export type Reconciliation = {
  provider: ProviderName;
  payments: number;
  refunds: number;
  repaired: Lines;
  toDo: Lines;
  busy: number;
  /** Payments that somebody else made with the same account, and what they took, by currency. */
  foreign: { payments: number; captured: Map<string, number> };
  away?: string;
};

export const beginReconciliation = (provider: ProviderName): Reconciliation => ({
  provider,
  ...{ payments: 0, refunds: 0, busy: 0 },
  repaired: { count: 0, lines: [] },
  toDo: { count: 0, lines: [] },
  foreign: { payments: 0, captured: new Map() },
});

export function note(to: Lines, line: string): void {
  to.count++;
  if (to.lines.length < maxLines) to.lines.push(line);
}

export const moneyText = (minor: number, currency: string) => `${formatMoney(minor, currency)} ${currency}`;
