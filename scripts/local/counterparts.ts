import { join } from 'node:path';
import { callbackUrl } from '../../services/accounts/oidc/callback-url.ts';
import { localProvider, paymentsSettings } from './counterpart-settings.ts';
import type { Ports } from './ports.ts';
import type { LocalProcess } from './process.ts';
import { startScript } from './services.ts';

type CounterpartPorts = Pick<Ports, 'load-balancer' | Counterpart>;

/** Stand-ins for outside companies, with pages to click. Sales need none of them; paying needs `payments`. */
export const counterparts = ['mailbox', 'oidc-provider', 'payments'] as const;

export type Counterpart = (typeof counterparts)[number];

/** Starts a stand-in as a process of its own, its data in `folder`. */
export function startCounterpart(
  name: Counterpart,
  { folder, ports }: { folder: string; ports: CounterpartPorts },
): Promise<LocalProcess> {
  const balancer = ports['load-balancer'];
  const own: Record<Counterpart, Record<string, string>> = {
    mailbox: {},
    'oidc-provider': { REDIRECT_URI: callbackUrl(`http://localhost:${balancer}`, localProvider) },
    payments: paymentsSettings({
      checkoutUrl: `http://127.0.0.1:${balancer}`,
      pageUrl: `http://localhost:${ports.payments}`,
    }),
  };
  return startScript(name, {
    env: { PORT: String(ports[name]), DATA_DIR: join(folder, name), ...own[name] },
    readyUrl: `http://127.0.0.1:${ports[name]}/health`,
    logFolder: join(folder, 'log'),
    // A sign-in waits for the provider, and a buyer for the payment, but nobody for the mailbox.
    isBackground: name === 'mailbox',
  });
}
