import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { freePort, portsOfServices } from '../local/free-ports.ts';
import { startNginx } from '../local/nginx.ts';
import { findServers } from '../local/servers.ts';
import { message } from './raw-http.ts';
import { testFolder } from './services.ts';

export type Seen = { method: string; url: string; headers: IncomingHttpHeaders; body: string };

const { nginx } = await findServers(['nginx'], () => {});
/** Whether nginx runs directly on this machine, so that its processes can be inspected. */
export const isProcess = nginx.docker === undefined;

/**
 * A server that stands in for persistence and catalogue. It echoes each request; it hangs up if the path ends with /hang-up, and leaves paths that
 * end with /wait to the test.
 */
export async function startUpstream(resources: AsyncDisposableStack) {
  /** Requests that arrived completely. */
  const seen: Seen[] = [];
  const waiting: ServerResponse[] = [];
  /** The server's ends of WebSocket connections. */
  const tunnels: { socket: Socket; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const respond = (body: string) => {
      seen.push({ method, url, headers, body });
      if (url.endsWith('/hang-up')) request.socket.destroy();
      else if (url.endsWith('/wait')) waiting.push(response);
      else response.end(JSON.stringify(seen.at(-1)));
    };
    text(request).then(respond, () => {});
  });
  server.on('upgrade', ({ headers }, socket: Socket) => {
    tunnels.push({ socket, headers });
    socket.on('error', () => {});
    socket.write(message(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer(() => void server.close());
  resources.defer(() => server.closeAllConnections());
  return { port: (server.address() as AddressInfo).port, seen, waiting, tunnels };
}

/** Starts an nginx whose persistence and catalogue are the server at that port, and whose other services do not exist. */
export async function startTestNginx(resources: AsyncDisposableStack, upstream: number) {
  const [folder, port, services] = [
    testFolder(resources),
    await freePort(),
    await portsOfServices({ persistence: upstream, catalogue: upstream }),
  ];
  const started = await startNginx(nginx, { folder, port, services });
  resources.defer(() => started.stop());
  return { ...started, folder, port };
}
