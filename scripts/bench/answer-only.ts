import { runTicketServer } from './ticket-server.ts';

// Sells nothing, and says that it did: nothing that sells by Fastify is faster.
await runTicketServer(
  async () => true,
  () => {},
);
