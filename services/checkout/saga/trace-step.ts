import { inTrace } from '../../shared/telemetry/current-trace.ts';
import { traceparentOf } from '../../shared/telemetry/traceparent.ts';
import { failSpan, startSpan } from '../../shared/telemetry/tracing.ts';
import type { Checkout } from './checkout.ts';
import type { Move } from './move.ts';

/**
 * Takes a step in the trace of the request that began the checkout, however much later and in whichever process: what it asks of purchase and of
 * the provider belongs to that trace, too.
 */
export async function traceStep(
  { traceparent, checkoutId, eventId, state, terms, attempt }: Checkout,
  step: () => Promise<Move | undefined>,
): Promise<Move | undefined> {
  const span = startSpan(traceparent, `checkout ${state}`, () => ({
    attributes: {
      ...{ 'onsale.checkout.id': checkoutId, 'onsale.event.id': eventId },
      ...(terms && { 'onsale.order.id': terms.orderId }),
      ...(attempt && { 'onsale.payment.provider': attempt.provider, 'onsale.payment.attempt': attempt.number }),
    },
  }));
  try {
    const move = await inTrace(span ? traceparentOf(span.spanContext()) : traceparent, step);
    const orderId = move?.hold?.terms?.orderId;
    if (orderId !== undefined) span?.setAttribute('onsale.order.id', orderId);
    if (move) span?.setAttribute('onsale.checkout.next', move.to);
    return move;
  } catch (error) {
    // Only its class: a message may repeat what a provider said.
    if (span) failSpan(span, (error as Error).name);
    throw error;
  } finally {
    span?.end();
  }
}
