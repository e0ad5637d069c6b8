import { join } from 'node:path';
import { callbackUrl } from '../../services/accounts/oidc/callback-url.ts';
import type { Ports } from './ports.ts';
import type { LocalProcess } from './process.ts';
import { startScript } from './services.ts';

type CounterpartPorts = Pick<Ports, 'load-balancer' | 'mailbox' | 'oidc-provider'>;

/** Stand-ins for outside companies, with pages to click. Sales need none of them. */
export const counterparts = ['mailbox', 'oidc-provider'] as const;

export type Counterpart = (typeof counterparts)[number];

/** Where the stand-ins are; without `issuer`, there is no provider to sign in with. */
export type CounterpartAddresses = { mailUrl: string; issuer?: string };

/** The settings with which accounts finds the stand-ins. */
export const counterpartEnvironment = ({ mailUrl, issuer }: CounterpartAddresses) => ({
  AWS_ENDPOINT_URL_SESV2: mailUrl,
  ...(issuer !== undefined && { OIDC_PROVIDERS: JSON.stringify([{ ...localProvider, issuer, ...localClient }]) }),
});

/** The client that the local provider knows. Its secret protects nothing: the provider believes everybody. */
export const localClient = { clientId: 'onsale', clientSecret: 'known-to-everybody' };

const localProvider = { id: 'local', name: 'Local provider' };

/** The stand-ins of a system on this machine. */
export const counterpartsAt = (ports: CounterpartPorts): Required<CounterpartAddresses> => ({
  mailUrl: `http://localhost:${ports.mailbox}`,
  issuer: `http://localhost:${ports['oidc-provider']}`,
});

/** Starts a stand-in as a process of its own, its data in `folder`. */
export function startCounterpart(
  name: Counterpart,
  { folder, ports }: { folder: string; ports: CounterpartPorts },
): Promise<LocalProcess> {
  const origin = `http://localhost:${ports['load-balancer']}`;
  return startScript(name, {
    env: { PORT: String(ports[name]), DATA_DIR: join(folder, name), REDIRECT_URI: callbackUrl(origin, localProvider) },
    readyUrl: `http://127.0.0.1:${ports[name]}/health`,
    logFolder: join(folder, 'log'),
    // A sign-in waits for the provider, but nobody waits for the mailbox.
    isBackground: name === 'mailbox',
  });
}
