import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { isProcess, startTestNginx, startUpstream } from '../testing/nginx.ts';
import { exchange, message, parseResponse } from '../testing/raw-http.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { port: upstreamPort, seen, waiting, tunnels } = await startUpstream(resources);
const { port, folder } = await startTestNginx(resources, upstreamPort);

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });

describe('slow and broken clients', () => {
  const whole = message(['POST /events/whole HTTP/1.1', 'Host: x', 'Connection: close', 'Content-Length: 2'], '{}');
  const askWhole = async () => parseResponse(await exchange(port, whole));

  it('300 half-sent POSTs delay nobody else, never reach the service, and are disconnected', async () => {
    const before = seen.length;
    const half = `${message(['POST /events/half HTTP/1.1', 'Host: x', 'Content-Length: 100'])}{"`;
    const slow = Array.from({ length: 300 }, () => connect({ port, host: '127.0.0.1' }));
    const closed = slow.map((socket) => once(socket, 'close'));
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    for (const socket of slow) socket.resume().write(half);
    for (let at = 0; at < 20; at++) expect(await askWhole()).toMatchObject({ status: 200 });
    expect(slow.filter(({ destroyed }) => destroyed)).toEqual([]);
    await Promise.all(closed);
    expect(new Set(seen.slice(before).map(({ url }) => url))).toEqual(new Set(['/events/whole']));
  });

  it('an open request gets its response after nginx is told to stop', async () => {
    const own = await startTestNginx(resources, upstreamPort);
    const response = exchange(own.port, message(['GET /events/wait HTTP/1.1', 'Host: x', 'Connection: close']));
    const held = await waitFor(() => waiting.pop() ?? expect.fail('it is still on its way'));
    const stopped = own.stop();
    await waitFor(() => expect(exchange(own.port, 'x\r\n\r\n')).rejects.toThrow('ECONNREFUSED'));
    held.end('done');
    expect(parseResponse(await response)).toMatchObject({ status: 200, body: expect.stringContaining('done') });
    await stopped;
  });
});

describe('a WebSocket', () => {
  const handshake = message([
    'GET /events/ws HTTP/1.1',
    'Host: x',
    'Connection: keep-alive, Upgrade',
    'Upgrade: WebSocket',
    'Authorization: Bearer secret',
    'Origin: http://x',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]);

  async function open() {
    const client = connect({ port, host: '127.0.0.1' });
    resources.defer(() => void client.destroy());
    client.on('error', () => {});
    client.write(handshake);
    const [response] = (await once(client, 'data')) as [Buffer];
    expect(String(response)).toMatch(/^HTTP\/1\.1 101 /);
    const tunnel = tunnels.pop() ?? expect.fail('there is no tunnel');
    return { client, ...tunnel };
  }

  it('opens with the headers that its client sent, and passes bytes both ways', async () => {
    const { client, socket, headers } = await open();
    expect(headers).toMatchObject({ upgrade: 'websocket', authorization: 'Bearer secret', origin: 'http://x' });
    client.write('there');
    expect(String((await once(socket, 'data'))[0])).toBe('there');
    socket.write('back');
    expect(String((await once(client, 'data'))[0])).toBe('back');
  });

  it.each(['end', 'destroy'] as const)(
    'ends for the service when its client leaves (%s), and the other way round',
    async (how) => {
      const [one, other] = [await open(), await open()];
      const overForService = once(one.socket.resume(), 'end');
      one.client[how]();
      await overForService;
      const overForClient = once(other.client.resume(), 'end');
      other.socket[how]();
      await overForClient;
    },
  );

  it.runIf(existsSync('/proc/self/status') && isProcess)('forwards 100 MiB without keeping them', async () => {
    const { client, socket } = await open();
    let passed = 0;
    socket.on('data', ({ length }) => {
      passed += length;
    });
    const mebibyte = Buffer.alloc(2 ** 20);
    for (let sent = 0; sent < 100; sent++) client.write(mebibyte);
    await waitFor(() => expect(passed).toBe(100 * mebibyte.length));
    const master = readFileSync(join(folder, 'nginx.pid'), 'utf8').trim();
    const workers = readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ');
    for (const worker of workers) expect(peakMebibytes(worker)).toBeLessThan(50);
  });
});

const peakMebibytes = (pid: string) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1_024;
