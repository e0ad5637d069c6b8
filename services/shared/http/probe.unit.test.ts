import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';

async function probe(SERVICE: string, PORT: number): Promise<number | null> {
  const env = { ...process.env, SERVICE, PORT: String(PORT) };
  const [code] = await once(spawn(process.execPath, [`${import.meta.dirname}/probe.ts`], { env, stdio: 'ignore' }), 'exit');
  return code;
}

it('the health check passes if the service answers at its own path, and fails if it does not or is gone', async () => {
  const server = createServer(({ url }, answer) => answer.writeHead(url === '/events/live' ? 200 : 503).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await probe('persistence', port)).toBe(0);
  expect(await probe('purchase', port)).toBe(1);
  expect(await probe('none', port)).toBe(1);
  await new Promise((resolve) => server.close(resolve));
  expect(await probe('persistence', port)).toBe(1);
});
