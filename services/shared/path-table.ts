/** The load balancer's path rules: which first path segment each service answers, and the port that it listens on. */
export const pathTable = {
  purchase: { prefix: '/purchase', port: 8080 },
  query: { prefix: '/query', port: 8081 },
  persistence: { prefix: '/events', port: 8082 },
} as const;

export type ServiceName = keyof typeof pathTable;
