import closeWithGrace from 'close-with-grace';
import { createLogger } from '../../services/shared/logger.ts';
import { buildLoadBalancer } from './load-balancer.ts';

/** The load balancer as a process: PORT, and the port of each service. */
const { PORT, PURCHASE_PORT, QUERY_PORT, PERSISTENCE_PORT } = process.env;

const ports = { purchase: Number(PURCHASE_PORT), query: Number(QUERY_PORT), persistence: Number(PERSISTENCE_PORT) };
const app = await buildLoadBalancer(ports, createLogger('load-balancer', 'warn'));
closeWithGrace(() => app.close());
await app.listen({ port: Number(PORT), host: '127.0.0.1' });
