import { UnavailableError } from '../../shared/http/problems.ts';
import { ProviderAway } from '../providers/provider.ts';
import { beginReconciliation, type ReconcilerDependencies, type Reconciliation, type Wish } from './findings.ts';
import { reconcilePayments } from './payments.ts';
import { reconcileRefunds } from './refunds.ts';

/**
 * Compares our payments and refunds with the providers' own lists since a time. Repairs what is safe, by telling the saga to ask for the
 * truth: news whose webhook was lost, payments that were created but never answered, and refunds made at the provider's dashboard. Returns
 * what it did and what is left to somebody's decision, by provider; one that is away does not stop the others.
 */
export async function reconcile(
  { providers, ...dependencies }: ReconcilerDependencies,
  { sinceMs, isDryRun = false, isStopping = () => false }: Wish,
): Promise<Reconciliation[]> {
  const results: Reconciliation[] = [];
  for (const provider of providers.values()) {
    const found = beginReconciliation(provider.name);
    results.push(found);
    const task = { ...dependencies, provider, sinceMs, isDryRun, isStopping };
    try {
      // Refunds of payments that were not heard of can be adopted afterwards.
      await reconcilePayments(task, found);
      await reconcileRefunds(task, found);
    } catch (error) {
      if (!(error instanceof ProviderAway || error instanceof UnavailableError)) throw error;
      found.away = error.message;
    }
  }
  return results;
}
