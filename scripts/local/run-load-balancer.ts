import closeWithGrace from 'close-with-grace';
import { createLogger } from '../../services/shared/logger.ts';
import { buildLoadBalancer } from './load-balancer.ts';

/** The load balancer as a process: where it listens (HOST, PORT), and the URL of each service. */
const { HOST = '', PORT, PURCHASE_URL = '', QUERY_URL = '', PERSISTENCE_URL = '' } = process.env;

const origins = { purchase: PURCHASE_URL, query: QUERY_URL, persistence: PERSISTENCE_URL };
const app = await buildLoadBalancer(origins, createLogger('load-balancer', 'warn'));
closeWithGrace(() => app.close());
await app.listen({ port: Number(PORT), host: HOST });
