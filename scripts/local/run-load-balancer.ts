import closeWithGrace from 'close-with-grace';
import { buildLoadBalancer } from './load-balancer.ts';

/** The load balancer as a process: PORT, and the port of each service. */
const { PORT, PURCHASE_PORT, QUERY_PORT, PERSISTENCE_PORT } = process.env;

const app = await buildLoadBalancer({
  purchase: Number(PURCHASE_PORT),
  query: Number(QUERY_PORT),
  persistence: Number(PERSISTENCE_PORT),
});
closeWithGrace(() => app.close());
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
