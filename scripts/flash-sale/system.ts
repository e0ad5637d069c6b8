import { pathTable } from '../../services/shared/path-table.ts';
import { messaging } from '../../services/shared/resources.ts';
import { queueUrl } from '../local/emulator.ts';
import type { Ports } from '../local/ports.ts';
import { answers } from '../local/process.ts';
import type { StoreUrls } from '../local/stores.ts';

/** Where the parts of a running system are that a flash sale talks to. */
export type SystemUnderSale = {
  purchaseUrl: string;
  queryUrl: string;
  /** The operator's page. */
  opsUrl: string;
  stores: StoreUrls;
  queue: { endpoint: string; url: string };
};

/** The parts of a system on this machine; the services are asked directly, not by way of the load balancer. */
export function systemAt(ports: Ports, stores: StoreUrls): SystemUnderSale {
  const at = (name: keyof Ports) => `http://127.0.0.1:${ports[name]}`;
  const endpoint = at('emulator');
  return {
    purchaseUrl: at('purchase'),
    queryUrl: at('query'),
    opsUrl: `http://localhost:${ports['load-balancer']}/query/ops`,
    stores,
    queue: { endpoint, url: queueUrl(endpoint, messaging.queue) },
  };
}

/** Whether something serves there already: the system of `npm start`, at its ports. */
export const isRunning = ({ purchaseUrl }: SystemUnderSale): Promise<boolean> =>
  answers(`${purchaseUrl}${pathTable.purchase.prefix}/live`)().catch(() => false);
