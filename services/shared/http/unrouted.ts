import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { Cors } from './cors.ts';
import { sendProblem } from './problems.ts';

/**
 * Answers requests that match no route: 404, or 405 if the path has other methods. OPTIONS gets a 204 that lists them in `Allow`.
 * Also answers for a route that found nothing. `hasRoute` looks up a path.
 */
export function createUnrouted(options: { hasRoute: (method: HTTPMethods, path: string) => boolean; cors: Cors | undefined }) {
  const { hasRoute, cors } = options;
  const known = new Set<HTTPMethods>();

  return {
    seeRoute({ method }: { method: HTTPMethods | HTTPMethods[] }): void {
      for (const one of [method].flat()) known.add(one);
    },
    answer,
  };

  function answer(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { method } = request;
    const path = request.url.split('?')[0] ?? '';
    const methods = [...known].filter((one) => path === '*' || hasRoute(one, path));
    const isMissing = methods.length === 0 || methods.some((one) => one === method);
    if (isMissing) return sendProblem(reply, 'NOT_FOUND', { detail: `${method} ${path}` });
    const allow = [...methods, 'OPTIONS'].join(', ');
    reply.header('allow', allow);
    if (method !== 'OPTIONS') return sendProblem(reply, 'METHOD_NOT_ALLOWED', { detail: `Supported methods: ${allow}` });
    cors?.allow(request, reply, allow);
    return reply.code(204).send();
  }
}
