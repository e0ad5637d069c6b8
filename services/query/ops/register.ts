import cookie from '@fastify/cookie';
import type { HttpServer } from '../../shared/http-server.ts';
import type { TokenCheck } from '../../shared/identity/principal.ts';
import { listEvents } from '../queries/catalogue.ts';
import { registerOpsPage } from './page.ts';
import type { OpsSources } from './read-event.ts';
import { createPulseReader } from './sale.ts';
import { createSessions } from './session.ts';
import { registerOpsSocket } from './socket.ts';

export type OpsOptions = { token: string; checkToken: TokenCheck } & Omit<OpsSources, 'readPulses'>;

/** /query/ops…: what an operator sees, for who has the token. After the plugin for WebSockets. */
export async function registerOps(app: HttpServer, { token, checkToken, ...stores }: OpsOptions): Promise<void> {
  const sessions = createSessions(checkToken);
  const readPulses = createPulseReader(stores.redis);
  const sources = { ...stores, readPulses };
  // By itself, as nobody else has to do with cookies and forms.
  await app.register(async (ops) => {
    await ops.register(cookie, { secret: token });
    // It has the types of any server's, and is one of this server's.
    const scope = ops as unknown as HttpServer;
    registerOpsPage(scope, { sessions, latestEventId });
    registerOpsSocket(scope, { sessions, sources });
  });

  /** The one that sells, or else the one that went on sale last. */
  async function latestEventId(): Promise<string | undefined> {
    const pulses = await readPulses().catch(() => []);
    const selling = pulses.flatMap(({ events }) => Object.entries(events)).findLast(([, { sold }]) => sold > 0);
    return selling?.[0] ?? (await listEvents(stores.db, 1))[0]?.eventId;
  }
}
