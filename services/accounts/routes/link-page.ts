import { readFileSync } from 'node:fs';
import type { HttpServer } from '../../shared/http/http-server.ts';

/** For pages of accounts: they may load only what this service serves, and may not be framed. */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; " +
  "base-uri 'none'; frame-ancestors 'none'";

const files = {
  '/accounts/link': ['../page/link.html', 'text/html; charset=utf-8'],
  '/accounts/link/link.js': ['../page/link.js', 'text/javascript; charset=utf-8'],
  '/accounts/link/link.css': ['../../shared/http/card-page.css', 'text/css; charset=utf-8'],
} as const;

/** /accounts/link: the page that links in mails lead to, to sign in and up, confirm an address, or set a password. */
export function registerLinkPage(app: HttpServer): void {
  for (const [path, [file, type]] of Object.entries(files)) {
    const content = readFileSync(new URL(file, import.meta.url), 'utf8');
    app.get(path, { schema: { hide: true } }, (_request, reply) =>
      reply
        .type(type)
        .headers({
          'cache-control': 'no-cache',
          'content-security-policy': contentSecurityPolicy,
          'referrer-policy': 'no-referrer',
        })
        .send(content),
    );
  }
}
