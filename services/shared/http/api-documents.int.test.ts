import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { serveApiDocuments } from './api-documents.ts';
import { createHttpServer } from './http-server.ts';

const script = '/x/docs/static/swagger-ui-bundle.js';
const enough = 8;

let app: ReturnType<typeof createHttpServer>;
let port: number;
let sockets: Socket[];
beforeEach(async () => {
  sockets = [];
  app = createHttpServer({ logger: silentLogger });
  await serveApiDocuments(app, { title: 'x', description: 'x', prefix: '/x' });
  app.get('/x/work', () => ({ isDone: true }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = app.server.address() as AddressInfo);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await app.close();
});

/** Requests the script `times` times on one connection, and stops reading after the start of the first response. */
async function download(times: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  sockets.push(socket);
  socket.write(`GET ${script} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(times));
  await once(socket, 'data');
  socket.pause();
}

const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);

it.each([
  ['on connections of their own', async () => void (await Promise.all(Array.from({ length: enough }, () => download(1))))],
  ['on one connection', () => download(enough)],
])(
  'refuses more downloads than a browser makes, %s, with 503, and serves other requests meanwhile',
  async (_where, downloadAll) => {
    await downloadAll();
    const refused = await get(script);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect((await get('/x/work')).status).toBe(200);

    for (const socket of sockets) socket.destroy();
    await vi.waitFor(async () => expect((await get(script)).status).toBe(200), { timeout: 100_000 });
  },
);

it('serves any number of downloads one after another', async () => {
  for (let at = 0; at < enough * 2; at++) {
    const answer = await get(script);
    expect(answer.status).toBe(200);
    expect((await answer.text()).length).toBeGreaterThan(1_000_000);
  }
});
