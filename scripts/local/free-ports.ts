import { randomInt } from 'node:crypto';
import getPort, { portNumbers } from 'get-port';
import { defaultPorts, type Ports } from './ports.ts';

/**
 * Below the ports that Linux and macOS take for outgoing connections (from 32,768 and 49,152): among those, a connection could take a free
 * port before its server listens. A node of a Redis Cluster also takes the port 10,000 above its own, which is below them too.
 */
const [first, last] = [12_000, 21_999];

/** A port of this machine that is free now, and that no other call in this process gets. */
export function freePort(): Promise<number> {
  // Other processes look for one too.
  const from = randomInt(first, last + 1);
  return getPort({ port: [...portNumbers(from, last), ...portNumbers(first, from)], reserve: true });
}

/** Free ports for a system beside the one that `npm start` runs. */
export async function freePorts(): Promise<Ports> {
  const names = Object.keys(defaultPorts);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()]))) as Ports;
}
