import { afterEach, beforeAll, beforeEach } from 'vitest';
import { beginFile, endTest, seen } from './purchase-app.ts';
import { redis } from './stores.ts';

// Runs before each test file. The files of a worker share the modules that they import, and so the connections to the stores and the
// purchase app, but not what is in Redis.
await redis.flushdb();
beforeAll(beginFile);
beforeEach(() => {
  seen.woken = [];
});
afterEach(endTest);
