import { UnavailableError } from '../../shared/http/problems.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import { ProviderAway } from '../providers/provider.ts';
import type { Checkout } from './checkout.ts';
import type { Move, News } from './move.ts';
import type { createSteps } from './steps.ts';
import type { Store } from './store.ts';
import { traceStep } from './trace-step.ts';

const firstPauseMs = 1_000;
const maxPauseMs = 60_000;
/** From then on, somebody should look. */
const failuresWorthAnError = 10;

/** How long to wait after so many failures in a row: with jitter, so that what failed together is not tried again together. */
export const pauseMs = (failures: number): number =>
  Math.round(Math.min(firstPauseMs * 2 ** Math.min(failures, 16), maxPauseMs) * (0.5 + Math.random() / 2));

/** What may be shown of an error. Outages are no secret, but other errors may contain what only the log should have. */
export const noteOf = (error: unknown): string =>
  error instanceof UnavailableError || error instanceof ProviderAway
    ? `${error.name}: ${error.message}`
    : 'The last step failed; the log says why';

/** Logs that a step failed: as an error if it fails all the time. */
export function createFailureLog(logger: Logger, what: string) {
  const warn = createSampledLog('warn', `a step of ${what} failed; it is tried again`);
  return (error: unknown, failures: number, fields: object): void => {
    if (failures < failuresWorthAnError) warn(logger, { err: error, failures, ...fields });
    else logger.error({ err: error, failures, ...fields }, `a step of ${what} fails again and again`);
  };
}

/** Runs the saga's steps: one after another, until it waits for somebody outside, or for a time. */
export function createRunner({ store, steps, logger }: { store: Store; steps: ReturnType<typeof createSteps>; logger: Logger }) {
  const logFailure = createFailureLog(logger, 'a checkout');

  return { goOn, tryStep };

  /**
   * Goes on with a checkout that this process has just stored or claimed, `first` with a move that is known already. Returns it as it is
   * then, and what the provider last said of its newest attempt. If somebody else is faster, returns what they made of it.
   */
  async function goOn(from: Checkout, first?: Move): Promise<{ checkout: Checkout; payment?: News }> {
    let checkout = from;
    let move = first;
    let payment: News | undefined;
    for (;;) {
      if (!move) {
        const outcome = await tryStep(checkout);
        if (!('move' in outcome)) return { checkout: outcome.checkout, ...(payment && { payment }) };
        move = outcome.move;
      }
      const moved = await store.move(checkout, move);
      if (!moved) return { checkout: (await store.read(checkout.checkoutId)) ?? checkout };
      if (move.payment) payment = move.payment;
      if (moved.state !== checkout.state)
        logger.debug({ checkoutId: moved.checkoutId, from: checkout.state, to: moved.state }, 'checkout went on');
      checkout = moved;
      move = undefined;
    }
  }

  /** Takes one step. Returns what it leads to; or the checkout, if there is no step now, or it did not succeed. */
  async function tryStep(checkout: Checkout): Promise<{ move: Move } | { checkout: Checkout }> {
    const step = steps.stepOf(checkout);
    if (!step) return { checkout };
    const { checkoutId, state, failures } = checkout;
    try {
      const move = await traceStep(checkout, step);
      if (move) return { move };
      return await later(checkout);
    } catch (error) {
      logFailure(error, failures + 1, { checkoutId, state });
      return await later(checkout, noteOf(error));
    }
  }

  async function later(checkout: Checkout, note?: string): Promise<{ checkout: Checkout }> {
    const postponed = await store.postpone(checkout, {
      pauseMs: pauseMs(checkout.failures),
      ...(note !== undefined && { note }),
    });
    return { checkout: postponed ?? (await store.read(checkout.checkoutId)) ?? checkout };
  }
}
