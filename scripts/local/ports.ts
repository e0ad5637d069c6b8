import { createServer } from 'node:net';

/** Every port of the system on one machine. */
export type Ports = Record<'load-balancer' | 'purchase' | 'query' | 'persistence' | 'redis' | 'mysql' | 'emulator', number>;

export const defaultPorts: Ports = {
  'load-balancer': 8000,
  purchase: 8080,
  query: 8081,
  persistence: 8082,
  redis: 8379,
  mysql: 8306,
  emulator: 8566,
};

/** Rejects with one message that names every port of these that something else listens on. */
export async function assertPortsFree(ports: Partial<Ports>): Promise<void> {
  const checked = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => ({ name, port, free: await isFree(port) })),
  );
  const taken = checked.filter(({ free }) => !free).map(({ name, port }) => `  ${port}, for ${name}`);
  if (taken.length === 0) return;
  throw new Error(`These ports are taken (does another "npm start" run?):\n${taken.join('\n')}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
