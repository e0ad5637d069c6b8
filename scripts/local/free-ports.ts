import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import getPort, { portNumbers } from 'get-port';
import { type ServiceName, serviceNames } from '../../services/shared/http/path-table.ts';
import { defaultPorts, type Ports } from './ports.ts';

/**
 * Below the ports that Linux and macOS take for outgoing connections (from 32,768 and 49,152): among those, a connection could take a free
 * port before its server listens. A node of a Redis Cluster also takes the port 10,000 above its own, which is below them too.
 */
const [first, last] = [12_000, 21_999];

/** A port of this machine that is free now, and that no other call gets until this process ends: neither here nor in another process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const from = randomInt(first, last + 1);
    const port = await getPort({ port: [...portNumbers(from, last), ...portNumbers(first, from)], reserve: true });
    if (await reserve(port)) return port;
  }
}

/**
 * Takes the UDP port of the same number, which nothing here uses otherwise. So a port stays reserved among all processes of the machine
 * until its server listens, and while that server is down; and the system frees it when this process ends, however it ends.
 */
function reserve(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createSocket('udp4');
  socket.unref();
  socket.once('error', () => {
    socket.close();
    resolve(false);
  });
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  return promise;
}

/** Free ports for a system beside the one that `npm start` runs. */
export async function freePorts(): Promise<Ports> {
  const names = Object.keys(defaultPorts);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()]))) as Ports;
}

/** A port for each service: the given ones, and for the others free ones, at which nothing answers. */
export async function portsOfServices(given: Partial<Record<ServiceName, number>>): Promise<Record<ServiceName, number>> {
  const chosen = serviceNames.map(async (name) => [name, given[name] ?? (await freePort())] as const);
  return Object.fromEntries(await Promise.all(chosen)) as Record<ServiceName, number>;
}
