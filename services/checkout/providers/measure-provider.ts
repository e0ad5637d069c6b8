import { SpanKind } from '@opentelemetry/api';
import { currentTraceparent } from '../../shared/telemetry/current-trace.ts';
import { failSpan, startSpan } from '../../shared/telemetry/tracing.ts';
import { type Provider, ProviderAway, ProviderRefused } from './provider.ts';

/** A call to a provider, when it is over. */
export type ProviderCall = {
  provider: Provider['name'];
  call: string;
  seconds: number;
  outcome: 'answered' | 'away' | 'refused' | 'failed';
};

/** Reports each call to a provider to `onCall`, and records it in the trace that it is made for. Lists and webhooks pass by: a list is read page by page, by whoever reads it. */
export function measureProvider(provider: Provider, onCall: (call: ProviderCall) => void): Provider {
  async function measured<T>(call: string, send: () => Promise<T>): Promise<T> {
    const beganMs = performance.now();
    const attributes = { 'onsale.payment.provider': provider.name, 'onsale.payment.call': call };
    const span = startSpan(currentTraceparent(), `${provider.name} ${call}`, () => ({ kind: SpanKind.CLIENT, attributes }));
    let outcome: ProviderCall['outcome'] = 'answered';
    try {
      return await send();
    } catch (error) {
      outcome = error instanceof ProviderAway ? 'away' : error instanceof ProviderRefused ? 'refused' : 'failed';
      if (span) failSpan(span, outcome);
      throw error;
    } finally {
      span?.end();
      onCall({ provider: provider.name, call, seconds: (performance.now() - beganMs) / 1_000, outcome });
    }
  }
  return {
    ...provider,
    create: (payment) => measured('create', () => provider.create(payment)),
    retrieve: (ref) => measured('retrieve', () => provider.retrieve(ref)),
    capture: (ref) => measured('capture', () => provider.capture(ref)),
    cancel: (ref, options) => measured('cancel', () => provider.cancel(ref, options)),
    refund: (refund) => measured('refund', () => provider.refund(refund)),
    retrieveRefund: (ref) => measured('retrieve-refund', () => provider.retrieveRefund(ref)),
  };
}
