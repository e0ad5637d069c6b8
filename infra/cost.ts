import { aGB, aMillion, aMonth, anHour, hoursOfMonth } from './prices.ts';
import { type EnvironmentSettings, unitsOfCore } from './settings.ts';

/** Parts of a cost, in USD. */
export type Cost = [what: string, usd: number][];

const alarms = 21;
const secrets = 5;

/** The cost of an environment in an idle hour, with its minimum of tasks. Throws if prices.ts has no price for a node. */
export function costOfHour(settings: EnvironmentSettings): Cost {
  const { architecture, availabilityZones, natGateways, encryptsInVpc, redis, database, services } = settings;
  const nats = natGateways === 'one' ? 1 : availabilityZones;
  const tasks = Object.values(services).map(({ cpu, memoryMiB, minTasks }) => {
    const task = (cpu / unitsOfCore) * anHour.fargateCore[architecture] + (memoryMiB / 1_024) * anHour.fargateGiB[architecture];
    return minTasks * task;
  });
  const flat = aMonth.webAcl + aMonth.webAclRule + aMonth.key + secrets * aMonth.secret + aMonth.privateZone;
  const watching = alarms * aMonth.alarm + aMonth.dashboard + Object.keys(services).length * aMonth.serviceMetrics;
  return [
    ['tasks', sum(tasks)],
    ['Redis', redis.shards * (1 + redis.replicasPerShard) * priceOf(anHour.redisNode, redis.nodeType)],
    ['Aurora', (1 + database.readers) * priceOf(anHour.databaseInstance, database.instanceClass)],
    ['NAT gateways', nats * (anHour.natGateway + anHour.publicAddress)],
    ['encryption in the VPC', encryptsInVpc ? anHour.encryptionInVpc : 0],
    ['load balancer', anHour.loadBalancer + availabilityZones * anHour.publicAddress],
    ['firewall, key, secrets, names', flat / hoursOfMonth],
    ['alarms, metrics, dashboard', watching / hoursOfMonth],
  ];
}

/** Assumptions about a million tickets; the first two have the most effect. */
export const assumed = {
  requestsOfTicket: 10,
  bytesOfRequest: 2_000,
  logBytesOfTicket: 20,
  ioOfTicket: 4,
  redisBytesOfTicket: 1_500,
  /** SNS and SQS, in USD, as measured by `npm run bench -- d`. */
  messagingOfMillion: 0.004,
};

/** The cost of a million tickets, in addition to the hours in which they are sold. */
export function costOfMillion({ redis }: EnvironmentSettings): Cost {
  const { requestsOfTicket, bytesOfRequest, logBytesOfTicket, ioOfTicket, redisBytesOfTicket, messagingOfMillion } = assumed;
  const gigabytes = (bytesOfTicket: number) => (bytesOfTicket * 1e6) / 1e9;
  const traffic = gigabytes(requestsOfTicket * bytesOfRequest);
  return [
    ['firewall, requests', requestsOfTicket * aMillion.webAclRequests],
    ['load balancer and traffic out', traffic * (aGB.balanced + aGB.out)],
    ['Aurora, I/O', ioOfTicket * aMillion.auroraIo],
    ['logs', gigabytes(logBytesOfTicket) * (aGB.logged + aGB.throughNat)],
    ['MemoryDB, writes', redis.kind === 'memorydb' ? gigabytes(redisBytesOfTicket) * aGB.writtenToMemoryDb : 0],
    ['SNS and SQS', messagingOfMillion],
  ];
}

export const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

function priceOf(prices: Record<string, number>, type: string): number {
  const price = Object.hasOwn(prices, type) ? prices[type] : undefined;
  if (price === undefined) throw new Error(`prices.ts has no price for ${type}`);
  return price;
}
