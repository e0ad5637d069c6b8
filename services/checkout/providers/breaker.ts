import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ExponentialBackoff,
  handleType,
  handleWhen,
  retry,
  SamplingBreaker,
  wrap,
} from 'cockatiel';
import { type Provider, ProviderAway } from './provider.ts';

/** As in the table payment_providers. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/**
 * `windowMs`: of the calls whose failures count. `openMs`, `mostOpenMs`: how long it stays open at first, and at most. `retryMs`: a call that took
 * longer is not tried again at once.
 */
export type BreakerTimes = { windowMs: number; openMs: number; mostOpenMs: number; retryMs: number };

const defaultTimes: BreakerTimes = { windowMs: 10_000, openMs: 2_000, mostOpenMs: 30_000, retryMs: 2_000 };
/** Fewer calls than these in a window prove nothing. */
const fewestCalls = 5;
const mostRetries = 2;

/**
 * A provider behind a circuit breaker: while more than half of the calls in a window fail with ProviderAway, it is not asked, and calls fail with
 * ProviderAway at once. After a pause, one call tries whether it is back, and the others wait for that. Refusals and declined payments are answers,
 * so they never open it. A call that fails fast is repeated, at growing random intervals: every call is idempotent.
 *
 * Lists and webhooks pass by: a list has its own time, and a provider that sends webhooks is there.
 */
export function guardProvider(
  provider: Provider,
  { onChange = () => {}, times = defaultTimes }: { onChange?: (state: BreakerState) => void; times?: BreakerTimes } = {},
): Provider {
  const breaker = circuitBreaker(handleType(ProviderAway), {
    halfOpenAfter: new ExponentialBackoff({ initialDelay: times.openMs, maxDelay: times.mostOpenMs }),
    breaker: new SamplingBreaker({
      threshold: 0.5,
      duration: times.windowMs,
      minimumRps: (fewestCalls * 1_000) / times.windowMs,
    }),
  });
  breaker.onStateChange((state) => onChange(nameOf(state)));

  async function call<T>(send: () => Promise<T>): Promise<T> {
    const beganMs = performance.now();
    const isFast = (error: unknown) => error instanceof ProviderAway && performance.now() - beganMs < times.retryMs;
    const retries = retry(handleWhen(isFast), {
      maxAttempts: mostRetries,
      backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 1_000 }),
    });
    try {
      return await wrap(retries, breaker).execute(send);
    } catch (error) {
      throw error instanceof BrokenCircuitError
        ? new ProviderAway(`${provider.name} is not asked: it has failed too often`)
        : error;
    }
  }

  return {
    ...provider,
    create: (payment) => call(() => provider.create(payment)),
    retrieve: (ref) => call(() => provider.retrieve(ref)),
    capture: (ref) => call(() => provider.capture(ref)),
    cancel: (ref, options) => call(() => provider.cancel(ref, options)),
    refund: (refund) => call(() => provider.refund(refund)),
    retrieveRefund: (ref) => call(() => provider.retrieveRefund(ref)),
  };
}

function nameOf(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half-open' : 'open';
}
