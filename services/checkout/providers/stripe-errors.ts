import Stripe from 'stripe';
import { ProviderAway, ProviderRefused } from './provider.ts';

const { StripeAuthenticationError, StripePermissionError, StripeError } = Stripe.errors;

/**
 * Stripe's error in the port's words. Only codes are taken over: messages and bodies may quote what was sent. A key that does not work is an
 * outage too, because it says nothing about the payment.
 */
export function translate(error: unknown, step: string): unknown {
  if (!(error instanceof StripeError)) return error;
  const { statusCode = 0, requestId } = error;
  const code = error.decline_code ?? error.code ?? error.type;
  const about = `Stripe: ${step}: ${[statusCode || 'no reply', code, requestId].filter(Boolean).join(', ')}`;
  const isKey = error instanceof StripeAuthenticationError || error instanceof StripePermissionError;
  const isRefusal = statusCode >= 400 && statusCode < 500 && statusCode !== 409 && statusCode !== 429;
  return isRefusal && !isKey ? new ProviderRefused(code, about) : new ProviderAway(about);
}

/**
 * Whether Stripe only repeats that the first request with this idempotency key failed inside of it. It will say nothing else under this key,
 * though the request may have had its effect.
 */
export const isReplayedFault = (error: unknown): boolean =>
  error instanceof StripeError && (error.statusCode ?? 0) >= 500 && error.headers?.['idempotent-replayed'] === 'true';
