import type { IncomingMessage } from 'node:http';
import httpProxy from '@fastify/http-proxy';
import type { FastifyReply } from 'fastify';
import { createHttpServer } from '../../services/shared/http-server.ts';
import type { Logger } from '../../services/shared/logger.ts';
import { directory, pathTable, type ServiceName } from '../../services/shared/path-table.ts';
import { sendProblem } from '../../services/shared/problems.ts';

const rules = Object.entries(pathTable);

const withWebSockets: ServiceName = 'query';

/** Above what any service takes for an answer. */
const answerMs = 30_000;

/**
 * A load balancer with the path rules of the ALB: each prefix goes to its service, anything else is a 404 that names the
 * services. A service that cannot be reached is a 503. `origins` are URLs of the services, without a path.
 */
export async function buildLoadBalancer(origins: Record<ServiceName, string>, logger: Logger) {
  const app = createHttpServer({ logger, handlerMs: answerMs, notFoundDetail: directory });
  // An Upgrade to anything else (curl's to HTTP/2, say) is a request like any other, as behind an ALB.
  const isForWebSocket = ({ headers, url = '' }: IncomingMessage) =>
    headers.upgrade?.toLowerCase() === 'websocket' && url.startsWith(`${pathTable[withWebSockets].prefix}/`);
  Object.assign(app.server, { shouldUpgradeCallback: isForWebSocket });
  for (const [service, { prefix }] of rules) {
    await app.register(httpProxy, {
      upstream: origins[service as ServiceName],
      prefix,
      rewritePrefix: prefix,
      websocket: service === withWebSockets,
      // A 503 is the client's to try again, as behind an ALB: tried here, it would only come late.
      retryMethods: [],
      replyOptions: {
        // "Expect" was answered here, and the client of the proxy knows no such header.
        rewriteRequestHeaders: (request, { expect: _answered, ...headers }) => ({ ...headers, 'x-request-id': request.id }),
        onError: (reply) => {
          void sendProblem(reply as FastifyReply, 'SERVICE_UNAVAILABLE', { detail: `${service} cannot be reached` });
        },
      },
    });
  }
  return app;
}
