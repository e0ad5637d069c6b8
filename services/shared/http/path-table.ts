/** The load balancer's path rules: the first path segment that each service answers, and the port that it listens on. */
export const pathTable = {
  purchase: { prefix: '/purchase', port: 8080 },
  query: { prefix: '/query', port: 8081 },
  persistence: { prefix: '/events', port: 8082 },
} as const;

/** The load balancer's reply to any other path. */
export const directory = `The services are at ${Object.entries(pathTable)
  .map(([service, { prefix }]) => `${prefix}/* (${service})`)
  .join(', ')}`;

export type ServiceName = keyof typeof pathTable;
