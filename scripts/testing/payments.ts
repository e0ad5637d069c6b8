import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createPaypal } from '../../services/checkout/providers/paypal.ts';
import type { Provider } from '../../services/checkout/providers/provider.ts';
import { createStripe } from '../../services/checkout/providers/stripe.ts';
import type { ProviderName } from '../../services/shared/stores/schema.ts';
import { localPaymentKeys as keys } from '../local/payments/local-keys.ts';
import { startPayments } from '../local/payments/payments.ts';
import { testFolder } from './services.ts';

/** A webhook as it came. */
export type Delivery = { provider: ProviderName; body: Buffer; headers: Record<string, string | string[] | undefined> };

/** The service's own clients of the payment providers at `url`. */
export function providersAt(url: string, timeoutMs?: number): Record<ProviderName, Provider> {
  const common = { url, ...(timeoutMs !== undefined && { timeoutMs }) };
  return {
    stripe: createStripe({ secretKey: keys.STRIPE_SECRET_KEY, webhookSecret: keys.STRIPE_WEBHOOK_SECRET, ...common }),
    paypal: createPaypal({
      clientId: keys.PAYPAL_CLIENT_ID,
      clientSecret: keys.PAYPAL_CLIENT_SECRET,
      webhookId: keys.PAYPAL_WEBHOOK_ID,
      ...common,
    }),
  };
}

/** Local payment providers on any free port, and what receives their webhooks, which `accept` answers with a status: 200 by default. */
export async function startTestPayments(
  resources: AsyncDisposableStack,
  { timeoutMs, accept = () => 200 }: { timeoutMs?: number; accept?: (delivery: Delivery) => number } = {},
) {
  const deliveries: Delivery[] = [];
  const receiver = createServer((request, response) => {
    void buffer(request).then((body) => {
      const provider = request.url === '/paypal' ? 'paypal' : 'stripe';
      const delivery: Delivery = { provider, body, headers: request.headers };
      deliveries.push(delivery);
      response.writeHead(accept(delivery)).end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  resources.defer(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const urls = { stripeWebhookUrl: `${receiverUrl}/stripe`, paypalWebhookUrl: `${receiverUrl}/paypal` };
  const folder = testFolder(resources);
  const payments = await startPayments({ port: 0, folder, ...urls });
  resources.defer(() => payments.stop());
  return { payments, providers: providersAt(payments.url, timeoutMs), deliveries, folder, urls };
}

/** The provider's id of the payment whose page is at `payUrl`. */
export const refAt = (payUrl: string): string => new URL(payUrl).pathname.split('/').at(-1) ?? '';
