import { UnavailableError } from '../../shared/http/problems.ts';
import type { createServiceTokens } from '../../shared/identity/service-tokens.ts';

/** Cancels an order, whoever bought it. An order that was cancelled before, or that is unknown, stays so. */
export type CancelOrder = (order: { eventId: string; orderId: string }) => Promise<void>;

const responseMs = 5_000;

/**
 * Cancels orders by the purchase service's API, whose script keeps counts, seats and the outbox together. Throws an UnavailableError if
 * purchase cannot be reached, or asks to come back later.
 */
export function createCancelOrder({
  purchaseUrl,
  tokens,
}: {
  purchaseUrl: string;
  tokens: Pick<ReturnType<typeof createServiceTokens>, 'for'>;
}): CancelOrder {
  return async ({ eventId, orderId }) => {
    const authorization = `Bearer ${await tokens.for('purchase')}`;
    const { response, text } = await ask(`${purchaseUrl}/purchase/api/v1/orders/${orderId}/cancel`, authorization, { eventId });
    if (response.ok || (response.status === 404 && codeIn(text) === 'ORDER_NOT_FOUND')) return;
    const reply = `purchase replied ${response.status} ${codeIn(text)} to the cancellation of ${orderId}`;
    if (response.status >= 500 || response.status === 429) throw new UnavailableError('SERVICE_UNAVAILABLE', reply);
    throw new Error(reply);
  };
}

/** Sends the request and reads the whole reply: it may be cut off, too. */
async function ask(url: string, authorization: string, body: object): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(responseMs),
      // A redirect would end in a GET elsewhere, whose success means nothing.
      redirect: 'error',
    });
    return { response, text: await response.text() };
  } catch (error) {
    throw new UnavailableError('SERVICE_UNAVAILABLE', `purchase cannot be reached: ${causeOf(error)}`);
  }
}

const causeOf = (error: unknown) => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || (cause as Error & { code?: string }).code : message;
};

function codeIn(text: string): string {
  try {
    return String((JSON.parse(text) as { code?: unknown }).code ?? '');
  } catch {
    return '';
  }
}
