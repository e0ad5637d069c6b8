import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

type Claims = Record<string, unknown>;

/** An authorisation code: what the sign-in asked for, and what its ID token is to say. */
type Code = { nonce: string; challenge: string; redirectUri: string; claims: Claims; forge?: Forge };

/** Makes the ID token of a code, in place of the right one. `sign` signs with the provider's key. */
export type Forge = (claims: Claims, sign: (claims: Claims, header?: object) => Promise<string>) => Promise<string>;

export const clientId = 'onsale';
export const clientSecret = 'a secret: with "odd" characters';

/**
 * An OpenID provider that can forge what it likes, but otherwise checks as a real one does: the client's secret, PKCE, and that a code is used
 * once. `down.is`: every request gets a 503. `announcedIssuer` is what its metadata claims, if not its own address.
 */
export async function startForgingProvider(resources: AsyncDisposableStack, announcedIssuer?: string) {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'the-key', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, Code>();
  const down = { is: false };
  const userInfo = new Map<string, Claims>();

  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  resources.defer(() => void server.closeAllConnections());
  resources.defer(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const sign = (claims: Claims, header: object = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'the-key', ...header }).sign(privateKey);

  return {
    issuer,
    down,
    userInfo,

    /** What the person at the provider's page does: signs in, and is sent back. Returns the callback's query. */
    consent(startLocation: string, claims: Claims, forge?: Forge): URLSearchParams {
      const asked = new URL(startLocation).searchParams;
      const code = randomBytes(16).toString('base64url');
      const get = (name: string) => asked.get(name) ?? '';
      codes.set(code, {
        nonce: get('nonce'),
        challenge: get('code_challenge'),
        redirectUri: get('redirect_uri'),
        claims,
        ...(forge && { forge }),
      });
      return new URLSearchParams({ code, state: get('state'), iss: issuer });
    },
  };

  async function answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    if (down.is) return { status: 503, body: {} };
    const path = new URL(request.url ?? '', issuer).pathname;
    if (path === '/.well-known/openid-configuration') return { status: 200, body: metadata() };
    if (path === '/jwks') return { status: 200, body: { keys: [jwk] } };
    if (path === '/me') {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
      return { status: 200, body: userInfo.get(token) ?? {} };
    }
    if (path === '/token') return await exchange(request);
    return { status: 404, body: {} };
  }

  function metadata(): object {
    return {
      issuer: announcedIssuer ?? issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/me`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  async function exchange(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const body = new URLSearchParams(await text(request));
    const [name = '', secret = ''] = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64')
      .toString()
      .split(':')
      .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    if (name !== clientId || secret !== clientSecret) return { status: 401, body: { error: 'invalid_client' } };
    const code = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    if (!code || challenge !== code.challenge || body.get('redirect_uri') !== code.redirectUri)
      return { status: 400, body: { error: 'invalid_grant' } };
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: issuer, aud: clientId, iat: now, exp: now + 300, nonce: code.nonce, ...code.claims };
    const access_token = randomBytes(16).toString('base64url');
    userInfo.set(access_token, { sub: code.claims.sub, ...(code.claims.inUserInfo as object) });
    const id_token = await (code.forge ? code.forge(claims, sign) : sign(claims));
    return { status: 200, body: { access_token, token_type: 'Bearer', expires_in: 300, id_token } };
  }
}
