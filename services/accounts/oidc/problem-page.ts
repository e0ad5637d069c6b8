import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ProblemCode } from '../../shared/http/problems.ts';
import { contentSecurityPolicy } from '../routes/link-page.ts';
import type { Provider } from './providers.ts';

type Words = { title: string; text: string; canRetry?: boolean };

const words: Partial<Record<ProblemCode, Words>> = {
  SIGN_IN_REFUSED: { title: 'You are not signed in', text: 'The provider did not sign you in, or you have cancelled it there.' },
  SIGN_IN_NOT_VALID: {
    title: 'Please begin again',
    text: 'This sign-in has expired, was completed before, or was begun in another browser.',
  },
  IDENTITY_LINKED: {
    title: 'Nothing was changed',
    text: 'You can already sign in to another account here with this account of the provider.',
    canRetry: false,
  },
  PROVIDER_UNAVAILABLE: {
    title: 'The provider does not answer',
    text: 'Please try again in a moment, or sign in another way.',
  },
  PROVIDER_NOT_FOUND: { title: 'There is no such provider', text: 'Please sign in another way.' },
  INVALID_REQUEST: { title: 'This link does not work', text: 'Please begin again.' },
  RATE_LIMITED: { title: 'Too many attempts', text: 'Please wait a moment, and try again.' },
};
const otherwise: Words = { title: 'Something went wrong on our side', text: 'Please try again in a moment.' };

/**
 * Makes the problems of a route with the parameter `provider` into pages, with a way on, for browsers; programs get problems. The words are ours
 * alone, and the links lead to this site: nothing of the request is repeated.
 */
export function showProblemsAsPages(providers: ReadonlyMap<string, unknown>) {
  return async (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> => {
    const isProblem = String(reply.getHeader('content-type')).startsWith('application/problem+json');
    if (!isProblem || typeof payload !== 'string' || !request.headers.accept?.includes('text/html')) return payload;
    const { code } = JSON.parse(payload) as { code: ProblemCode };
    const { provider = '' } = request.params as { provider?: Provider['id'] };
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'no-referrer')
      .header('content-security-policy', contentSecurityPolicy);
    return pageOf(words[code] ?? otherwise, providers.has(provider) ? provider : undefined);
  };
}

const pageOf = ({ title, text, canRetry = true }: Words, provider: string | undefined) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>${title} · Onsale</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/accounts/link/link.css" />
  </head>
  <body>
    <main>
      <p class="brand">Onsale</p>
      <h1>${title}</h1>
      <p>${text}</p>
      <nav>
${canRetry && provider !== undefined ? `        <a href="/accounts/oidc/${provider}/start">Try again</a>\n` : ''}        <a href="/accounts/link">Sign in another way</a>
        <a href="/">Home</a>
      </nav>
    </main>
  </body>
</html>
`;
