import { messaging } from '../../services/shared/events/messaging.ts';
import { pathTable, sellingServices } from '../../services/shared/http/path-table.ts';
import { queueUrl } from '../local/emulator.ts';
import type { Ports } from '../local/ports.ts';
import { answers } from '../local/process.ts';
import type { StoreUrls } from '../local/store-urls.ts';

/** Far above a service's own timeout for its checks, because a low-priority service may have to wait for the CPU. */
const healthMs = 15_000;

/** The addresses of a running system's parts that a flash sale uses. */
export type SystemUnderSale = {
  purchaseUrl: string;
  queryUrl: string;
  persistenceUrl: string;
  /** The operator's page. */
  opsUrl: string;
  stores: StoreUrls;
  queue: { endpoint: string; url: string };
};

/** The addresses of a system on this machine. The services are called directly, not through the load balancer. */
export function systemAt(ports: Ports, stores: StoreUrls): SystemUnderSale {
  const at = (name: keyof Ports) => `http://127.0.0.1:${ports[name]}`;
  const endpoint = at('emulator');
  return {
    purchaseUrl: at('purchase'),
    queryUrl: at('query'),
    persistenceUrl: at('persistence'),
    opsUrl: `http://localhost:${ports['load-balancer']}/query/ops`,
    stores,
    queue: { endpoint, url: queueUrl(endpoint, messaging.queue) },
  };
}

/** Whether a system already serves at these ports: the one of `npm start`, at its ports. */
export const isRunning = ({ purchaseUrl }: SystemUnderSale): Promise<boolean> =>
  answers(`${purchaseUrl}${pathTable.purchase.prefix}/live`)().catch(() => false);

/** Rejects unless every service that sales need is healthy. The error names the services and stores that cannot be reached. */
export async function assertHealthy(system: SystemUnderSale): Promise<void> {
  const urls = {
    purchase: system.purchaseUrl,
    query: system.queryUrl,
    persistence: system.persistenceUrl,
  };
  const faults = await Promise.all(sellingServices.map((name) => faultOf(name, `${urls[name]}${pathTable[name].prefix}/health`)));
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length === 0) return;
  throw new Error(`The system cannot sell:\n${found.map((fault) => `  ${fault}`).join('\n')}\nIs "npm start" still running?`);
}

/** Explains why a sale failed: the error, and any services and stores that cannot be reached. */
export async function explainFailure(error: Error, system: SystemUnderSale): Promise<string> {
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  const away = await assertHealthy(system).catch(({ message }: Error) => message);
  return `The sale failed: ${error.message}${cause}${away === undefined ? '' : `\n${away}`}`;
}

async function faultOf(name: string, url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(healthMs) });
    if (answer.ok) return undefined;
    const { checks = {} } = (await answer.json()) as { checks?: Record<string, string> };
    const away = Object.entries(checks).filter(([, outcome]) => outcome !== 'ok');
    return `${name} is not healthy (${answer.status}): ${away.map(([store, outcome]) => `${store}: ${outcome}`).join('; ')}`;
  } catch {
    return `${name} does not answer at ${url}`;
  }
}

/** A link that opens the operator's page on an event; undefined if the system has no such page, or another token. */
export async function opsLink({ opsUrl }: SystemUnderSale, eventId: string, token: string): Promise<string | undefined> {
  const url = `${opsUrl}?eventId=${encodeURIComponent(eventId)}`;
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(healthMs) }).catch(() => undefined);
  return answer?.ok ? `${url}#token=${token}` : undefined;
}
