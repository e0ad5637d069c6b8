import cookie from '@fastify/cookie';
import type { HttpServer } from '../../shared/http/http-server.ts';
import type { TokenCheck } from '../../shared/identity/principal.ts';
import { listEvents } from '../queries/catalogue.ts';
import { registerOpsPage } from './page.ts';
import type { OpsSources } from './read-event.ts';
import { createSalesReader } from './sale.ts';
import { createSessions } from './session.ts';
import { registerOpsSocket } from './socket.ts';

export type OpsOptions = { token: string; checkToken: TokenCheck } & Omit<OpsSources, 'readSales'>;

/** /query/ops…: the operator's page and its WebSocket, for callers with the token. Call after the WebSocket plugin is registered. */
export async function registerOps(app: HttpServer, { token, checkToken, ...stores }: OpsOptions): Promise<void> {
  const sessions = createSessions(checkToken);
  const readSales = createSalesReader(stores.redis);
  const sources = { ...stores, readSales };
  // In its own scope: no other route handles cookies or forms.
  await app.register(async (ops) => {
    await ops.register(cookie, { secret: token });
    // A scope of this server, which its type does not show.
    const scope = ops as unknown as HttpServer;
    await registerOpsPage(scope, { sessions, latestEventId });
    registerOpsSocket(scope, { sessions, sources });
  });

  /** The event that sold most recently, or else the one that went on sale last. */
  async function latestEventId(): Promise<string | undefined> {
    const seconds = await readSales().catch(() => []);
    const selling = seconds.flatMap(({ events }) => Object.entries(events)).findLast(([, { sold }]) => sold > 0);
    return selling?.[0] ?? (await listEvents(stores.db, 1))[0]?.eventId;
  }
}
