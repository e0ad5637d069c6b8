import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { buy, inParallel } from '../../scripts/testing/http.ts';
import { purchaseAppOn } from '../../scripts/testing/purchase-app.ts';
import { openTestEvent, redis, seatedZone } from '../../scripts/testing/stores.ts';

const path = 'POST /purchase/api/v1/tickets HTTP/1.1\r\nhost: x\r\n';
/** The kinds of slow clients: how many there are, what they send, and what the server replies before it hangs up. */
const clients: Record<string, { count: number; sent: string; told: string }> = {
  nothing: { count: 200, sent: '', told: 'HTTP/1.1 408 ' },
  'half a head': { count: 250, sent: path, told: 'HTTP/1.1 408 ' },
  'half a body': {
    count: 250,
    sent: `${path}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"`,
    told: 'HTTP/1.1 408 ',
  },
  'a megabyte of headers': { count: 20, sent: `${path}x-junk: ${'x'.repeat(2 ** 20)}\r\n\r\n`, told: 'HTTP/1.1 431 ' },
};

it('disconnects clients that send nothing, half a request or huge headers within 15 s; other clients do not wait for them', async () => {
  const app = await purchaseAppOn(redis);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const theirs: Socket[] = [];
  const remember = (socket: Socket) => void theirs.push(socket);
  app.server.on('connection', remember);
  const all = Object.values(clients).flatMap((client) => Array.from({ length: client.count }, () => client));
  const opened = all.map(({ sent, told }, at) => {
    // Every second client keeps its side open after the server hangs up.
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: at % 2 === 0 });
    let heard = '';
    socket.on('data', (bytes) => {
      heard += bytes.toString();
    });
    socket.on('error', () => {});
    socket.write(sent);
    return { socket, told, heard: () => heard };
  });
  try {
    await Promise.all(opened.map(({ socket }) => once(socket, 'connect')));
    await vi.waitFor(() => expect(theirs).toHaveLength(all.length));
    app.server.off('connection', remember);

    const { eventId, venueId } = await openTestEvent({ zones: [seatedZone(1, 1, 500)] });
    const columns = Array.from({ length: 500 }, (_, at) => at + 1);
    const answers = await inParallel(columns, 50, (column) => buy(`http://127.0.0.1:${port}`, { eventId, venueId, column }));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));

    const left = () => theirs.filter(({ destroyed }) => !destroyed);
    await vi.waitFor(() => expect(left()).toHaveLength(0), { timeout: 100_000, interval: 100 });
    for (const { told, heard } of opened) expect(heard().slice(0, told.length)).toBe(told);
  } finally {
    for (const { socket } of opened) socket.destroy();
  }
});
