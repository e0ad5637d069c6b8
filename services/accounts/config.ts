import { Type } from 'typebox';
import { patterned } from '../shared/basics/patterned.ts';
import {
  commonSettings,
  databaseConnections,
  databaseSettings,
  databaseUrl,
  limitSettings,
  principalSettings,
  processSettings,
  publicSettings,
} from '../shared/process/config.ts';

export const accountsConfig = Type.Object({
  ...commonSettings('accounts'),
  ...processSettings,
  ...publicSettings,
  DATABASE_URL: databaseUrl('MySQL writer: mysql://user:password@host:port/database'),
  ...databaseSettings,
  ...databaseConnections,
  ...principalSettings,
  ...limitSettings({ perSecond: 10, atOnce: 50 }),
  ACCOUNTS_KEY_SECRET: patterned('^.{32,256}$', 'must have 32 to 256 characters', {
    description:
      'Secret that encrypts the private signing keys in MySQL and makes refresh tokens, at least 32 characters; a change signs everybody out',
  }),
  PASSWORDS_AT_ONCE: Type.Integer({
    minimum: 1,
    maximum: 8,
    default: 1,
    description: 'Passwords that one process hashes or checks at a time; each takes about 50 ms of a core and 19 MiB',
  }),
  OIDC_PROVIDERS: patterned('^(\\[[^\\n]*\\])?$', 'must be a JSON list', {
    default: '',
    description:
      'OpenID providers that people can sign in with, as a JSON list of {"id", "name", "issuer", "clientId", "clientSecret"?, "scopes"?}',
  }),
  MAIL_FROM: patterned('^[^@<>\\s]+@[^@<>\\s]+$', 'must be an e-mail address', {
    description: 'Address that mail to people is sent from',
  }),
});
