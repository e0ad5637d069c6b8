import { freePorts } from '../local/free-ports.ts';
import { startSystem } from '../local/system.ts';
import { testFolder } from './services.ts';
import { urls } from './stores.ts';

/** Starts the services and a load balancer against this run's stores; stopped with `resources`. Gives where the load balancer is. */
export async function startTestSystem(resources: AsyncDisposableStack): Promise<string> {
  const ports = await freePorts();
  await startSystem({ folder: testFolder(resources), ports, urls, resources, say: () => {}, prepare: async () => {} });
  return `http://127.0.0.1:${ports['load-balancer']}`;
}
