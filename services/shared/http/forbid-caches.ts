import type { HttpServer } from './http-server.ts';

/** Lets no cache keep the responses of the API's routes that are registered after this call: they contain secrets (RFC 6749, 5.1). */
export function forbidCaches(app: HttpServer): void {
  app.addHook('onRoute', (route) => {
    if (!route.url.includes('/api/')) return;
    const forbid = (_request: unknown, reply: { header(name: string, value: string): unknown }, done: () => void) => {
      reply.header('cache-control', 'no-store');
      done();
    };
    route.onRequest = [forbid, ...[route.onRequest ?? []].flat()];
  });
}
