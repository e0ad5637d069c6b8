import { describe, expect, it } from 'vitest';
import { parseProviders } from './providers.ts';

const google = { id: 'google', name: 'Google', issuer: 'https://accounts.google.com', clientId: 'c' };
const parse = (...given: object[]) => parseProviders(JSON.stringify(given));

describe('OIDC_PROVIDERS', () => {
  it('is a list of providers; empty, there is none', () => {
    expect(parseProviders('')).toEqual([]);
    const tenant = {
      ...google,
      id: 'entra-1',
      issuer: 'https://login.example/tenant/v2.0',
      clientSecret: 's',
      scopes: ['openid'],
    };
    expect(parse(google, tenant)).toEqual([google, tenant]);
    expect(parse({ ...google, issuer: 'http://localhost:8026' })).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['plain HTTP elsewhere', { issuer: 'http://accounts.google.com' }],
    ['a host that begins like this machine', { issuer: 'http://localhost.evil.example' }],
    ['an issuer with a query', { issuer: 'https://a.example/?b' }],
    ['an id that is no path', { id: 'a/b' }],
    ['a scope with a space', { scopes: ['openid email'] }],
    ['an unknown field', { secret: 'x' }],
    ['no client', { clientId: undefined }],
  ])('refuses %s', (_what, change) => {
    expect(() => parse({ ...google, ...change })).toThrow('OIDC_PROVIDERS is not valid');
  });

  it('refuses an id twice, and what is no JSON', () => {
    expect(() => parse(google, google)).toThrow('twice');
    expect(() => parseProviders('[')).toThrow('must be JSON');
  });

  it('does not repeat a secret in its errors', () => {
    const secret = 'do-not-show-this';
    const error = (() => {
      try {
        return parse({ ...google, clientSecret: [secret] });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(String(error)).not.toContain(secret);
  });
});
