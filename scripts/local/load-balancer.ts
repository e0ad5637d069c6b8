import { randomUUID } from 'node:crypto';
import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { pathTable, type ServiceName } from '../../services/shared/path-table.ts';
import { sendProblem } from '../../services/shared/problems.ts';

/**
 * A load balancer with the path rules of the ALB: each prefix goes to its service, anything else is a 404 that names the
 * services. A service that cannot be reached is a 503.
 */
export async function buildLoadBalancer(ports: Record<ServiceName, number>) {
  const app = Fastify({ logger: false, genReqId: () => randomUUID() });
  app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id));
  for (const { service, prefix } of pathTable) {
    await app.register(httpProxy, {
      upstream: `http://127.0.0.1:${ports[service]}`,
      prefix,
      rewritePrefix: prefix,
      replyOptions: {
        onError: (reply) =>
          void sendProblem(reply as Parameters<typeof sendProblem>[0], 'SERVICE_UNAVAILABLE', {
            detail: `${service} cannot be reached`,
          }),
      },
    });
  }
  const available = pathTable.map(({ service, prefix }) => `${prefix}/* (${service})`).join(', ');
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 'NOT_FOUND', { detail: `The services are at ${available}` }));
  return app;
}
