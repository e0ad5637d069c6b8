import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type Provider from 'oidc-provider';
import { escapeHtml } from '../../services/shared/basics/text.ts';
import { hashOf, layout, style } from './plain-page.ts';

/** Where people sign in: one address for each time that somebody is sent here. */
export const signInPath = (uid: string) => `/interaction/${uid}`;
const isSignIn = (url: string) => /^\/interaction\/[\w-]+$/.test(url);

/**
 * The provider's own pages: the form to sign in with, and one at `/` that says what this is. Returns whether it has taken the request.
 * `clientUrl`: the address at our client where signing in begins.
 */
export async function servePages(
  provider: Provider,
  { request, response, clientUrl }: { request: IncomingMessage; response: ServerResponse; clientUrl: string },
): Promise<boolean> {
  const { url = '', method } = request;
  const send = (status: number, page: string) => void response.writeHead(status, headersFor(clientUrl)).end(page);
  if (url === '/' && method === 'GET') send(200, aboutPage(clientUrl));
  else if (!isSignIn(url)) return false;
  else if (method === 'GET') {
    // Rejects if the browser has not been sent here, or too long ago.
    const isKnown = await provider.interactionDetails(request, response).then(
      () => true,
      () => false,
    );
    send(isKnown ? 200 : 400, isKnown ? signInPage : expiredPage(clientUrl));
  } else {
    const form = new URLSearchParams(await text(request));
    const login = form.get('login')?.trim();
    const result = form.has('cancel') || !login ? { error: 'access_denied' } : { login: { accountId: login }, consent: {} };
    await provider.interactionFinished(request, response, result).catch(() => send(400, expiredPage(clientUrl)));
  }
  return true;
}

/** They load nothing, and lead to nobody but our client. */
const headersFor = (clientUrl: string) => ({
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy': `default-src 'none'; style-src ${hashOf(style)}; img-src data:; form-action 'self' ${new URL(clientUrl).origin}; base-uri 'none'; frame-ancestors 'none'`,
});

const title = 'Local OpenID provider';
const header = `<header class="narrow"><div><h1>${title}</h1>
<p class="muted">It stands in for a provider such as Google, and believes everybody.</p></div></header>`;

const signInPage = layout(
  `Sign in · ${title}`,
  `${header}
<main class="narrow">
<form class="card" method="post">
<label for="login">Login</label>
<input id="login" name="login" required autofocus autocomplete="off" aria-describedby="login-hint">
<p id="login-hint" class="muted">Any login. One with an @ is also a verified e-mail address.</p>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="off" aria-describedby="password-hint">
<p id="password-hint" class="muted">Any password, or none.</p>
<p class="fields"><button>Sign in</button><button name="cancel" value="yes" formnovalidate>Cancel</button></p>
</form>
</main>`,
);

const beginAt = (clientUrl: string) => `<a href="${escapeHtml(clientUrl)}">Sign in to Onsale with this provider</a>`;

const expiredPage = (clientUrl: string) =>
  layout(
    `Expired · ${title}`,
    `${header}<main class="narrow"><div class="card"><p>This sign-in has expired, or was begun in another browser.</p><p>${beginAt(clientUrl)}</p></div></main>`,
  );

const aboutPage = (clientUrl: string) =>
  layout(title, `${header}<main class="narrow"><div class="card"><p>${beginAt(clientUrl)}</p></div></main>`);
