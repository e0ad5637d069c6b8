import { createServer, connect as dial, type Socket } from 'node:net';
import { freePort } from '../local/free-ports.ts';

export type Cable = {
  port: number;
  /** Drops every connection and refuses new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
};

/** A port that forwards to another one on loopback until it is cut: with it, a test disconnects a store and reconnects it. */
export async function layCable(toPort: number, resources: AsyncDisposableStack, ownPort?: number): Promise<Cable> {
  const port = ownPort ?? (await freePort());
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(toPort, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on('error', () => {});
      socket.pipe(other);
    }
  });
  const cable = {
    port,
    mend: () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve)),
    cut: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  await cable.mend();
  resources.defer(() => (server.listening ? cable.cut() : undefined));
  return cable;
}

/** A URL with its port replaced by the cable's. */
export function through(cable: Cable, url: string): string {
  const changed = new URL(url);
  changed.port = String(cable.port);
  return changed.href;
}
