import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { redis, unique, urls } from '../../../scripts/testing/stores.ts';
import { withCredentials } from './credentials.ts';
import { connectDatabase, isDatabaseAway } from './database.ts';
import { connectRedis, untilConnected } from './redis.ts';

/** Every kind of character that a generated password may contain, and those with a meaning in a URL. */
const password = "!#$%&()*+,-.:;<=>?@/[]^_`{|}~%41 A'z0";

it('a URL without separate credentials stays unchanged', () => {
  expect(withCredentials('redis://localhost', {})).toBe('redis://localhost');
  expect(withCredentials('redis://:secret@localhost', { username: '', password: '' })).toBe('redis://:secret@localhost');
});

it('MySQL accepts a user name and password given separately from the URL, and rejects wrong ones', async () => {
  const { username, password } = new URL(urls.databaseUrl);
  const bare = urls.databaseUrl.replace(/\/\/[^@]+@/, '//');
  const whoIs = async (url: string) => {
    const db = connectDatabase(url, 1);
    onTestFinished(() => db.destroy());
    return (await sql<{ name: string }>`SELECT CURRENT_USER() AS name`.execute(db)).rows[0]?.name;
  };
  expect(await whoIs(withCredentials(bare, { username, password }))).toMatch(new RegExp(`^${username}@`));
  await expect(whoIs(withCredentials(bare, { username, password: `${password}%` }))).rejects.toThrow(/denied/);
});

it.each([
  ['a password that MySQL rejects', { password: 'wrong' }],
  ['a database that does not exist', { pathname: '/nowhere' }],
])('%s counts as an unavailable database, which is a 503', async (_what, change) => {
  const db = connectDatabase(Object.assign(new URL(urls.databaseUrl), change).href, 1);
  onTestFinished(() => db.destroy());
  const error = await sql`SELECT 1`.execute(db).catch((reason: unknown) => reason);
  expect(isDatabaseAway(error)).toBe(true);
});

it.skipIf(urls.isRedisCluster)('Redis accepts a password given separately from the URL, with any characters in it', async () => {
  const username = unique('user');
  await redis.acl('SETUSER', username, 'on', `>${password}`, '~*', '+@all');
  onTestFinished(async () => void (await redis.acl('DELUSER', username)));
  const client = connectRedis(withCredentials(urls.redisUrl, { username, password }));
  onTestFinished(() => client.disconnect());
  await untilConnected(client);
  expect(await client.acl('WHOAMI')).toBe(username);
});
