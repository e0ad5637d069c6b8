import getPort from 'get-port';
import { defaultPorts, type Ports } from './ports.ts';

/** Ports that are free now, for a system beside the one that `npm start` runs. */
export async function freePorts(): Promise<Ports> {
  const names = Object.keys(defaultPorts);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await getPort()]))) as Ports;
}
