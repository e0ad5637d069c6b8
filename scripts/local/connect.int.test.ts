import { expect, it } from 'vitest';
import { urls } from '../testing/stores.ts';
import { connectStores } from './connect.ts';
import { freePort } from './free-ports.ts';

it('names the store of the environment that cannot be reached, with its address and without its password', async () => {
  await using resources = new AsyncDisposableStack();
  const away = `127.0.0.1:${await freePort()}`;
  const connecting = connectStores({ ...urls, redisUrl: `redis://:secret@${away}`, isRedisCluster: false }, resources);
  await expect(connecting).rejects.toThrow(`Cannot be reached:\n  Redis at redis://${away}: connect ECONNREFUSED`);
});
