import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { HttpServer } from './http-server.ts';

/**
 * Serves the OpenAPI document of the routes that are registered after this, at `<prefix>/openapi.json`, and a page to browse
 * it at `<prefix>/docs`.
 */
export async function serveApiDocuments(app: HttpServer, about: { title: string; description: string; prefix: string }) {
  const { title, description, prefix } = about;
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title, version: '1', description }, servers: [{ url: '/' }], security: [] },
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
  });
  // Without the bar on top, which offers to load other documents.
  await app.register(swaggerUi, { routePrefix: `${prefix}/docs`, theme: { title }, uiConfig: { layout: 'BaseLayout' } });
  app.get(`${prefix}/openapi.json`, { schema: { hide: true } }, () => app.swagger());
}
