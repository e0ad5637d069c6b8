/** The load balancer's path rules: which service answers which first path segment, and on which port it listens. */
export const pathTable = [
  { service: 'purchase', prefix: '/purchase', port: 8080 },
  { service: 'query', prefix: '/query', port: 8081 },
  { service: 'persistence', prefix: '/events', port: 8082 },
] as const;

export type ServiceName = (typeof pathTable)[number]['service'];
