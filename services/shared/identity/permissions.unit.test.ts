import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { createHttpServer } from '../http/http-server.ts';
import { identifyPrincipals } from './identify-principals.ts';
import { permissionTable } from './permission-table.ts';
import { may, mayAnywhere } from './permissions.ts';
import { operator, type Principal, principalName, stranger } from './principal.ts';
import { noAccounts } from './verifier.ts';

const account = (roles: Extract<Principal, { kind: 'account' }>['roles']): Principal => ({
  kind: 'account',
  accountId: '019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b',
  sessionId: 'session',
  roles,
});
const key: Principal = { kind: 'key', keyId: 'k', organiserId: 'main', scopes: ['orders:read'], plan: 'vip' };
const catalogue: Principal = { kind: 'service', service: 'catalogue' };

it('the README has the table of permissions', async () => {
  const file = new URL('README.md', import.meta.url).pathname;
  const drawn = readFileSync(file, 'utf8').replace(
    /(?<=<!-- permissions -->\n).*(?=<!-- end of permissions -->)/s,
    `\n${permissionTable()}\n\n`,
  );
  expect(drawn).toContain(permissionTable());
  await expect(drawn).toMatchFileSnapshot(file);
});

describe('a role or scope', () => {
  it('counts only for its own organiser', () => {
    const support = account({ main: ['support'], other: ['door'] });
    expect(may(support, 'orders:read', 'main')).toBe(true);
    expect(may(support, 'orders:read', 'other')).toBe(false);
    expect(may(key, 'orders:read', 'main')).toBe(true);
    expect(may(key, 'orders:read', 'other')).toBe(false);
    expect(mayAnywhere(support, 'orders:read')).toBe(true);
    expect(mayAnywhere(account({ other: ['door'] }), 'orders:read')).toBe(false);
  });

  it.each(['__proto__', 'constructor', 'toString', ''])('does not come from the name of an organiser: %j', (organiserId) => {
    expect(may(account({}), 'orders:read', organiserId)).toBe(false);
  });
});

it('the operator may do everything but what is for accounts or services alone', () => {
  expect(may(operator, 'organisers:create', 'main')).toBe(true);
  expect(may(operator, 'event:archive', 'main')).toBe(true);
  expect(may(operator, 'service', 'main')).toBe(false);
  expect(may(operator, 'signed-in', 'main')).toBe(false);
});

it('a service may do what is for services, and what the table names it for', () => {
  expect(may(catalogue, 'service', 'main')).toBe(true);
  expect(may(catalogue, 'orders:cancel', 'main')).toBe(true);
  expect(may({ kind: 'service', service: 'query' }, 'orders:cancel', 'main')).toBe(false);
  expect(may(catalogue, 'sell', 'main')).toBe(false);
});

it('a principal has a name that no other has', () => {
  expect([stranger, operator, account({}), key, catalogue].map(principalName)).toEqual([
    'stranger',
    'operator',
    'account:019e1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b',
    'key:k',
    'service:catalogue',
  ]);
});

describe('a server whose API', () => {
  const withRoute = (url: string, config: object) => () => {
    const app = createHttpServer({ logger: silentLogger });
    identifyPrincipals(app, { opsToken: '', verifier: noAccounts });
    app.get(url, { config }, () => ({}));
  };

  it.each(['/x/api/v1/y', '/x/internal/y'])('has a route without an operation cannot be built: %s', (url) => {
    expect(withRoute(url, {})).toThrow(`GET ${url} needs an operation of permissions.ts, not undefined`);
  });

  it.each(['/x/api/v1/y', '/x/other'])('has a route with an unknown operation cannot be built: %s', (url) => {
    for (const operation of ['sells', 'toString', '']) expect(withRoute(url, { operation })).toThrow('needs an operation');
    expect(withRoute(url, { operation: 'sell' })).not.toThrow();
  });

  it('may have health and pages without an operation', () => {
    expect(withRoute('/x/health', {})).not.toThrow();
  });
});
