import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { listFaults } from '../../shared/basics/faults.ts';
import { patterned } from '../../shared/basics/patterned.ts';

export const ProviderId = patterned('^[a-z0-9][a-z0-9-]{0,31}$', 'must be 1 to 32 lower-case letters, digits or dashes', {
  description: 'A sign-in provider',
  examples: ['google'],
});

const Provider = Type.Object(
  {
    id: ProviderId,
    name: Type.String({ minLength: 1, maxLength: 64 }),
    /** Identities are keyed by it, so it must not change. Plain HTTP only on this machine. */
    issuer: patterned(
      '^(https://[^?#\\s]{1,200}|http://(localhost|127\\.0\\.0\\.1)(:[0-9]{1,5})?(/[^?#\\s]{0,200})?)$',
      'must be the URL of an OpenID provider, with https://',
    ),
    clientId: Type.String({ minLength: 1, maxLength: 256 }),
    /** Absent for a public client. */
    clientSecret: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    scopes: Type.Optional(
      Type.Array(patterned('^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,64}$', 'must be a scope'), { minItems: 1, maxItems: 20 }),
    ),
  },
  { additionalProperties: false },
);

/** An OpenID provider that people can sign in with. */
export type Provider = Static<typeof Provider>;

const Providers = Type.Array(Provider, { maxItems: 20 });

/** Reads the setting OIDC_PROVIDERS, a JSON list. Throws an error that names each fault, and shows no secret. */
export function parseProviders(text: string): Provider[] {
  let given: unknown;
  try {
    given = JSON.parse(text || '[]');
  } catch {
    throw new Error('OIDC_PROVIDERS must be JSON');
  }
  if (!Value.Check(Providers, given)) {
    const faults = listFaults(Value.Errors(Providers, given)).map(({ pointer, detail }) => `  ${pointer} ${detail}`);
    throw new Error(`OIDC_PROVIDERS is not valid:\n${faults.join('\n')}`);
  }
  if (new Set(given.map(({ id }) => id)).size < given.length) throw new Error('OIDC_PROVIDERS has an id twice');
  return given;
}
