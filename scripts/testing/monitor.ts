import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { Cluster, type Redis } from 'ioredis';
import { vi } from 'vitest';
import { redis, unique } from './stores.ts';

/**
 * Returns the commands from clients, or from scripts, that have `text` in an argument and that Redis runs during `work`, in order: each
 * as its name and arguments.
 */
export async function commandsDuring(
  text: string,
  work: () => Promise<unknown>,
  from: 'clients' | 'scripts' = 'clients',
): Promise<string[][]> {
  const nodes: Redis[] = redis instanceof Cluster ? redis.nodes('master') : [redis];
  const monitors = await Promise.all(nodes.map((node) => startMonitor(node, from)));
  try {
    await work();
    // Once a monitor has seen this, it has seen everything before it.
    const mark = unique('mark');
    await Promise.all(nodes.map((node) => node.echo(mark)));
    await vi.waitFor(() => {
      for (const { commands } of monitors) if (!commands.some((args) => args.includes(mark))) throw new Error('MONITOR lags');
    }, 10_000);
  } finally {
    for (const { socket } of monitors) socket.destroy();
  }
  return monitors.flatMap(({ commands }) => commands).filter((args) => args.some((arg) => arg.includes(text)));
}

/** Runs MONITOR on a raw connection: ioredis' own support sometimes fails on the first lines. */
async function startMonitor({ options: { host = '127.0.0.1', port = 6379 } }: Redis, from: 'clients' | 'scripts') {
  const socket = connect(port, host);
  const commands: string[][] = [];
  const lines = createInterface(socket);
  lines.on('line', (line) => {
    // +1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
    const isOfScript = /^\+[\d.]+ \[\d+ lua\]/.test(line);
    // The mark that ends the wait comes from a client.
    if (isOfScript === (from === 'scripts') || /^\S+ \[[^\]]*\] "echo"/i.test(line))
      commands.push(Array.from(line.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, arg = '']) => arg));
  });
  socket.write('MONITOR\r\n');
  await once(lines, 'line');
  return { socket, commands };
}
