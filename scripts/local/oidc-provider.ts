import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { localClient } from './counterpart-settings.ts';
import { hostnameOf } from './emulator-guard.ts';
import { servePages, signInPath } from './oidc-pages.ts';

const names = ['127.0.0.1', 'localhost'];

/**
 * A real OpenID provider (the npm package oidc-provider) that lets anybody sign in as anybody: its page takes any login, with any password or none. A
 * login with an @ is also the person's verified e-mail address. It listens on loopback only, and forgets everything when it stops.
 */
export async function startOidcProvider({ port, redirectUri }: { port: number; redirectUri: string }) {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const configuration: Configuration = {
    clients: [
      {
        client_id: localClient.clientId,
        client_secret: localClient.clientSecret,
        redirect_uris: [redirectUri],
        application_type: 'native',
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...claimsOf(id) }) }),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'local' }] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => signInPath(uid) },
    // Nobody is asked whether our own client may know them.
    async loadExistingGrant({ oidc: { provider, client, session } }) {
      if (!client || !session?.accountId) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
    ttl: { Interaction: 3_600, Session: 3_600, Grant: 3_600, AuthorizationCode: 60, AccessToken: 600, IdToken: 600 },
  };
  const provider = new Provider(issuer, configuration);
  const answer = provider.callback();
  const clientUrl = redirectUri.replace(/callback$/, 'start');
  server.on('request', (request, response) => {
    // No name that somebody else's server gave for this machine.
    if (!names.includes(hostnameOf(request.headers.host))) response.writeHead(403).end();
    else if (request.url === '/health') response.end('ok');
    else void serve(request, response);
  });
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!(await servePages(provider, { request, response, clientUrl }))) await answer(request, response);
  }
  return {
    issuer,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const claimsOf = (login: string) => ({
  name: login.split('@')[0],
  ...(login.includes('@') && { email: login, email_verified: true }),
});
