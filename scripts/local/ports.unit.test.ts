import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './free-ports.ts';
import { assertPortsFree } from './ports.ts';

it('names every port in use, and what it is for', async () => {
  const [redis, mysql] = [await freePort(), await freePort()];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(redis, '127.0.0.1', resolve));
  try {
    await expect(assertPortsFree({ redis, mysql })).rejects.toThrow(new RegExp(`\\n  ${redis}, for redis$`));
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  await expect(assertPortsFree({ redis, mysql })).resolves.toBeUndefined();
});
