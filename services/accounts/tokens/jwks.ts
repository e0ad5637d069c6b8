import { Type } from 'typebox';
import type { HttpServer } from '../../shared/http/http-server.ts';
import { problemResponses } from '../../shared/http/problems.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Verifiers ask once a minute; a new key is published long before it signs. */
const maxAgeSeconds = 60;

const Jwks = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.String(),
        crv: Type.String(),
        x: Type.String(),
        kid: Type.String(),
        alg: Type.String(),
        use: Type.String(),
      }),
    ),
  },
  {
    description: 'A JSON Web Key Set (RFC 7517)',
    examples: [
      {
        keys: [
          {
            kty: 'OKP',
            crv: 'Ed25519',
            x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
            kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
            alg: 'EdDSA',
            use: 'sig',
          },
        ],
      },
    ],
  },
);

/** GET /accounts/.well-known/jwks.json: the public keys that verify access tokens. */
export function registerJwks(app: HttpServer, signingKeys: SigningKeys): void {
  app.get(
    '/accounts/.well-known/jwks.json',
    {
      schema: {
        operationId: 'jwks',
        summary: 'The public keys that verify access tokens',
        description: 'A new key is listed for 15 minutes before it signs, and stays for 15 minutes after its last signature.',
        tags: ['tokens'],
        response: { 200: Jwks, ...problemResponses('SERVICE_UNAVAILABLE') },
      },
    },
    async (_request, reply) => {
      const keys = await signingKeys.published();
      reply.header('cache-control', `public, max-age=${maxAgeSeconds}`);
      return keys as never;
    },
  );
}
