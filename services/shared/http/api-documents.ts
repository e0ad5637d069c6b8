import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { onRequestHookHandler } from 'fastify';
import { documentedSchema } from './documented-as.ts';
import type { HttpServer } from './http-server.ts';
import { sendProblem } from './problems.ts';

/** Allows only what this service itself serves, and no framing. The page's style sheets contain inline images, hence `data:`. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

const charset = '<meta charset="UTF-8">';
/** Without it, a phone lays the page out at desktop width. */
const viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">';

/**
 * How many of the page's files are sent at a time. Its script is 1.7 MB and takes some fifty times the work of a purchase, so a crowd of
 * downloads would hold up every buyer. A browser opens six connections.
 */
const maxAtOnce = 8;

/** On a phone, table columns are stacked; the "Links" column is hidden because it is always empty. */
const phoneStyles = `
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px; }
  .swagger-ui .opblock-body :is(table, tbody, tr, td) { display: block; width: auto; }
  .swagger-ui .opblock-body thead, .swagger-ui .response-col_links { display: none; }
  .swagger-ui .opblock-body td { padding: 4px 0; }
  .swagger-ui .opblock-body :is(select, input, textarea) { max-width: 100%; }
  .swagger-ui .opblock .opblock-section-header { flex-wrap: wrap; }
}
`;

const securitySchemes = {
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "An account's access token, from the accounts service; valid for ten minutes",
  },
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: "An organiser's API key: onsale_<id>.<secret>; or the operator's token",
  },
} as const;

/** The credentials that an operation takes (identity/permissions.ts), and whether it needs them. */
function securityOf(config: object | undefined): { security?: Record<string, never[]>[] } {
  const { operation } = (config ?? {}) as { operation?: string };
  if (operation === undefined) return {};
  const either = [{ accessToken: [] }, { apiKey: [] }];
  if (operation === 'signed-in') return { security: [{ accessToken: [] }] };
  return { security: operation === 'public' || operation === 'own' ? [{}, ...either] : either };
}

/**
 * Serves the OpenAPI document of all routes registered after this call at `<prefix>/openapi.json`, and a page to browse it at
 * `<prefix>/docs`.
 */
export async function serveApiDocuments(app: HttpServer, about: { title: string; description: string; prefix: string }) {
  const { title, description, prefix } = about;
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version: '1', description },
      servers: [{ url: '/' }],
      security: [],
      components: { securitySchemes },
    },
    transform: ({ schema, url, route }) => ({ schema: { ...documentedSchema(schema), ...securityOf(route.config) }, url }),
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
  });
  await app.register(async (page) => {
    page.addHook('onRequest', boundDownloads());
    page.addHook('onSend', async (_request, reply, payload) => {
      reply.headers({ 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' });
      return typeof payload === 'string' ? payload.replace(charset, charset + viewport) : payload;
    });
    await page.register(swaggerUi, {
      routePrefix: `${prefix}/docs`,
      theme: { title, css: [{ filename: 'phone.css', content: phoneStyles }] },
      // Hides the top bar, which offers to load other documents.
      uiConfig: { layout: 'BaseLayout' },
    });
  });
  app.get(`${prefix}/openapi.json`, { schema: { hide: true } }, () => app.swagger());
}

/** Refuses a request with 503 while `maxAtOnce` responses are being sent. */
function boundDownloads(): onRequestHookHandler {
  let sending = 0;
  return ({ raw: { socket } }, reply, done) => {
    if (sending === maxAtOnce)
      return void sendProblem(reply, 'SERVICE_UNAVAILABLE', { detail: 'Too many downloads of the documentation' });
    const { raw: response } = reply;
    sending++;
    const end = () => {
      sending--;
      response.off('finish', end);
      socket.off('close', end);
    };
    response.once('finish', end);
    // When a connection breaks, a response that waits behind others on it emits nothing itself.
    socket.once('close', end);
    done();
  };
}
