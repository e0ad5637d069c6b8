/** The load balancer's path rules: the first path segment that each service answers, and the port that it listens on. */
export const pathTable = {
  purchase: { prefix: '/purchase', port: 8080 },
  query: { prefix: '/query', port: 8081 },
  persistence: { prefix: '/events', port: 8082 },
  accounts: { prefix: '/accounts', port: 8083 },
  catalogue: { prefix: '/catalogue', port: 8084 },
  checkout: { prefix: '/checkout', port: 8085 },
} as const;

/** The load balancer's reply to any other path. */
export const directory = `The services are at ${Object.entries(pathTable)
  .map(([service, { prefix }]) => `${prefix}/* (${service})`)
  .join(', ')}`;

export type ServiceName = keyof typeof pathTable;

export const serviceNames = Object.keys(pathTable) as ServiceName[];

/** Something for each service, made from its name. */
export const forEachService = <Made>(make: (service: ServiceName) => Made) =>
  Object.fromEntries(serviceNames.map((service) => [service, make(service)])) as Record<ServiceName, Made>;

/** The services that sales need. While any other service is down, tickets are still sold, stored and counted. */
export const sellingServices = ['purchase', 'query', 'persistence'] as const satisfies ServiceName[];

export const isNeededToSell = (service: ServiceName): service is (typeof sellingServices)[number] =>
  (sellingServices as readonly ServiceName[]).includes(service);
