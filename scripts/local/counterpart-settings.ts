import { pathTable } from '../../services/shared/http/path-table.ts';
import { localPaymentKeys } from './payments/local-keys.ts';
import type { Ports } from './ports.ts';

/** Where the stand-ins are; without `issuer`, there is no provider to sign in with. */
export type CounterpartAddresses = { mailUrl: string; issuer?: string; paymentsUrl: string };

/** The settings with which accounts and checkout find the stand-ins. */
export const counterpartEnvironment = ({ mailUrl, issuer, paymentsUrl }: CounterpartAddresses) => ({
  AWS_ENDPOINT_URL_SESV2: mailUrl,
  ...(issuer !== undefined && { OIDC_PROVIDERS: JSON.stringify([{ ...localProvider, issuer, ...localClient }]) }),
  ...providerSettings(paymentsUrl),
});

/** The settings with which checkout finds the local payment provider. */
export const providerSettings = (paymentsUrl: string) => ({
  STRIPE_URL: paymentsUrl,
  PAYPAL_URL: paymentsUrl,
  ...localPaymentKeys,
});

/** The client that the local provider knows. Its secret protects nothing: the provider believes everybody. */
export const localClient = { clientId: 'onsale', clientSecret: 'known-to-everybody' };

/** The local provider to sign in with. */
export const localProvider = { id: 'local', name: 'Local provider' };

/** The settings of the payment providers for which the environment has keys of its own. They take the place of the stand-in's. */
export function realPayments(environment: Record<string, string | undefined>): Record<string, string> {
  const settingsOf = (provider: string) =>
    [
      'URL',
      ...Object.keys(localPaymentKeys).flatMap((name) => (name.startsWith(provider) ? [name.slice(provider.length)] : [])),
    ].map((name) => [provider + name, environment[provider + name] ?? '']);
  return Object.fromEntries([
    ...(environment.STRIPE_SECRET_KEY ? settingsOf('STRIPE_') : []),
    ...(environment.PAYPAL_CLIENT_ID ? settingsOf('PAYPAL_') : []),
  ]);
}

/** The stand-ins of a system on this machine. */
export const counterpartsAt = (ports: Pick<Ports, 'mailbox' | 'oidc-provider' | 'payments'>): Required<CounterpartAddresses> => ({
  mailUrl: `http://localhost:${ports.mailbox}`,
  issuer: `http://localhost:${ports['oidc-provider']}`,
  paymentsUrl: `http://127.0.0.1:${ports.payments}`,
});

/** The settings of the local payment provider. `checkoutUrl`: where its webhooks go; `pageUrl`: where browsers reach its pages. */
export const paymentsSettings = ({ checkoutUrl, pageUrl }: { checkoutUrl: string; pageUrl: string }) => ({
  PAGE_URL: pageUrl,
  STRIPE_WEBHOOK_URL: `${checkoutUrl}${pathTable.checkout.prefix}/webhooks/stripe`,
  PAYPAL_WEBHOOK_URL: `${checkoutUrl}${pathTable.checkout.prefix}/webhooks/paypal`,
});
