import { freePorts } from '../local/free-ports.ts';
import { secretsOf } from '../local/secrets.ts';
import { startSystem } from '../local/system.ts';
import { testFolder } from './services.ts';
import { urls } from './stores.ts';

/** Starts the services and a load balancer on this run's stores; stopped with `resources`. Returns the load balancer's URL. */
export async function startTestSystem(resources: AsyncDisposableStack): Promise<{ base: string; opsToken: string }> {
  const ports = await freePorts();
  const folder = testFolder(resources);
  await startSystem({ folder, ports, urls, resources, say: () => {}, prepare: async () => {} });
  return { base: `http://127.0.0.1:${ports['load-balancer']}`, opsToken: secretsOf(folder).OPS_TOKEN };
}
