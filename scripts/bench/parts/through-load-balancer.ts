import { join } from 'node:path';
import { freePort, portsOfServices } from '../../local/free-ports.ts';
import { startNginx } from '../../local/nginx.ts';
import { findServers } from '../../local/servers.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, medianOf, medianRatio, saleWarmUps } from '../rounds.ts';
import { createLonelyTopic, startBenchService } from '../system.ts';
import { sellThroughPurchase } from './purchase-against-floor.ts';

/** j: the sales per second of one purchase process through the load balancer, against the same process called directly. */
export async function throughLoadBalancer(
  { bench, resources, say }: PartContext,
  { requests, rounds, warmUps } = { requests: 25_000, rounds: 8, warmUps: saleWarmUps },
): Promise<Report> {
  const purchase = await startBenchService(bench, 'purchase', resources, { SNS_TOPIC_ARN: await createLonelyTopic(bench) });
  const { port: ofPurchase } = new URL(purchase.url);
  const { nginx } = await findServers(['nginx'], say);
  const port = await freePort();
  const loadBalancer = await startNginx(nginx, {
    folder: join(bench.folder, 'nginx'),
    port,
    services: await portsOfServices({ purchase: Number(ofPurchase) }),
  });
  resources.defer(() => loadBalancer.stop());
  const balanced = { ...purchase, url: purchase.url.replace(ofPurchase, String(port)) };
  const measured = await alternate(
    {
      directly: () => sellThroughPurchase(bench, purchase, requests),
      'through nginx': () => sellThroughPurchase(bench, balanced, requests),
    },
    rounds,
    say,
    warmUps,
  );
  return {
    rows: [
      {
        what: 'purchase through the load balancer / directly',
        value: medianRatio(measured['through nginx'], measured.directly, 'perSecond'),
        bar: { atLeast: 0.7 },
      },
      { what: 'purchase through the load balancer', value: medianOf(measured['through nginx'], 'perSecond'), unit: 'sales/s' },
      { what: 'purchase directly', value: medianOf(measured.directly, 'perSecond'), unit: 'sales/s' },
      { what: 'p99 through the load balancer', value: medianOf(measured['through nginx'], 'p99Ms'), unit: 'ms' },
      { what: 'p99 directly', value: medianOf(measured.directly, 'p99Ms'), unit: 'ms' },
    ],
    notes: ['nginx shares the two cores with purchase, Redis and the load generator'],
    rounds: measured,
  };
}
