import { type Rounds, startRounds } from '../../shared/basics/rounds.ts';
import { onlyOne } from '../../shared/stores/only-one.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import type { ReconcilerDependencies, Reconciliation } from './findings.ts';
import { reconcile } from './reconcile.ts';

/** Long enough to be no burden to the providers, and shorter than a buyer has to pay. */
const everyMs = 5 * 60_000;
/** Many times as long, so that an outage of some rounds leaves no gap. What is older, `onsale payments reconcile` finds. */
const lookBackMs = 2 * 3_600_000;

/**
 * Reconciles the last hours with the providers every few minutes, in one process of the installation at a time. Logs what it has repaired,
 * and as an error what is left to somebody.
 */
export function startReconciler({ logger, ...dependencies }: ReconcilerDependencies & { logger: Logger }): Rounds {
  const { db, clock } = dependencies;
  const warn = createSampledLog('warn', 'payments could not be reconciled; trying again');
  return startRounds({
    async round(isStopping) {
      const wish = { sinceMs: clock() - lookBackMs, isStopping };
      const results = await onlyOne(db, 'reconciler', () => reconcile(dependencies, wish));
      for (const result of results ?? []) log(result);
      return false;
    },
    pauseMs: everyMs,
    onError: (error) => warn(logger, { err: error }),
  });

  function log({ provider, repaired, toDo, busy, away }: Reconciliation): void {
    if (away !== undefined) warn(logger, { provider, err: new Error(away) });
    if (repaired.count > 0)
      logger.warn({ provider, ...repaired, busy }, 'payments differed from what their provider says, and were repaired');
    if (toDo.count > 0)
      logger.error({ provider, ...toDo }, 'payments differ from what their provider says: somebody must look at them');
  }
}
