import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import type { HttpServer } from '../../shared/http/http-server.ts';
import type { TokenCheck } from '../../shared/identity/identify-principals.ts';
import { organisersOf } from '../../shared/identity/permissions.ts';
import type { Principal } from '../../shared/identity/principal.ts';
import { listEvents } from '../queries/catalogue.ts';
import { allowedOn } from '../queries/organisers.ts';
import { registerOpsPage } from './page.ts';
import type { OpsSources } from './read-event.ts';
import { createSalesReader } from './sale.ts';
import { createSessions } from './session.ts';
import { registerOpsSocket } from './socket.ts';

/** `token`: the operator's, '' if there is none. `hasAccounts`: whether members can sign in. */
export type OpsOptions = { token: string; hasAccounts: boolean; checkToken: TokenCheck } & Omit<OpsSources, 'readSales'>;

/** /query/ops…: the operator's page and its WebSocket, for the operator and members who may see an event's sale. Call after the WebSocket plugin is registered. */
export async function registerOps(app: HttpServer, { token, hasAccounts, checkToken, ...stores }: OpsOptions): Promise<void> {
  const sessions = createSessions(checkToken);
  const readSales = createSalesReader(stores.redis);
  const sources = { ...stores, readSales };
  // In its own scope: no other route handles cookies or forms.
  await app.register(async (ops) => {
    // Without the operator nobody has a signed cookie, and none is valid.
    await ops.register(cookie, { secret: token || randomBytes(32).toString('base64url') });
    // A scope of this server, which its type does not show.
    const scope = ops as unknown as HttpServer;
    await registerOpsPage(scope, { sessions, hasAccounts, latestEventId });
    registerOpsSocket(scope, { sessions, sources });
  });

  /** Of the events that a viewer may see, the one that sold most recently, or else the one that went on sale last. */
  async function latestEventId(principal: Principal): Promise<string | undefined> {
    const seconds = await readSales().catch(() => []);
    const selling = seconds.flatMap(({ events }) => Object.entries(events)).filter(([, { sold }]) => sold > 0);
    const eventIds = selling.map(([eventId]) => eventId);
    const maySee = await allowedOn(stores.db, { principal, operation: 'ops:read', eventIds });
    const organisers = organisersOf(principal, 'ops:read');
    return eventIds.findLast(maySee) ?? (await listEvents(stores.db, 1, organisers))[0]?.eventId;
  }
}
