import { createServer } from 'node:net';
import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { defaultMetricsPort } from '../../services/shared/process/config.ts';

/** Every port of the system on one machine. Metrics without a port get any free one. */
export type Ports = Record<
  ServiceName | 'load-balancer' | 'redis' | 'mysql' | 'emulator' | 'mailbox' | 'oidc-provider' | 'payments',
  number
> &
  Partial<Record<`${ServiceName}-metrics`, number>>;

export const defaultPorts: Ports = {
  'load-balancer': 8000,
  purchase: pathTable.purchase.port,
  query: pathTable.query.port,
  persistence: pathTable.persistence.port,
  accounts: pathTable.accounts.port,
  catalogue: pathTable.catalogue.port,
  checkout: pathTable.checkout.port,
  redis: 8379,
  mysql: 8306,
  emulator: 8566,
  mailbox: 8025,
  'oidc-provider': 8026,
  payments: 8027,
  'purchase-metrics': defaultMetricsPort('purchase'),
  'query-metrics': defaultMetricsPort('query'),
  'persistence-metrics': defaultMetricsPort('persistence'),
  'accounts-metrics': defaultMetricsPort('accounts'),
  'catalogue-metrics': defaultMetricsPort('catalogue'),
  'checkout-metrics': defaultMetricsPort('checkout'),
};

/** The addresses at which people and services reach the system; `accountsUrl` is '' if there are no accounts. */
export type Addresses = { publicOrigin: string; accountsUrl: string; purchaseUrl: string; checkoutUrl: string };

/** The addresses of a system on this machine. */
export const addressesAt = (ports: Ports): Addresses => ({
  publicOrigin: `http://localhost:${ports['load-balancer']}`,
  accountsUrl: `http://127.0.0.1:${ports.accounts}`,
  purchaseUrl: `http://127.0.0.1:${ports.purchase}`,
  checkoutUrl: `http://127.0.0.1:${ports.checkout}`,
});

/** Rejects with one message that names every one of these ports that is already in use. */
export async function assertPortsFree(ports: Partial<Ports>): Promise<void> {
  const checked = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => ({ name, port, free: await isFree(port) })),
  );
  const taken = checked.filter(({ free }) => !free).map(({ name, port }) => `  ${port}, for ${name}`);
  if (taken.length === 0) return;
  throw new Error(
    `These ports are already in use. Stop the programs that use them, such as another "npm start", and try again:\n${taken.join('\n')}`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
