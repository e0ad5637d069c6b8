import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { mismatch, noteWriter, programOf, readWriter } from './data-program.ts';
import { bindAddress, commandLine, type Server } from './docker.ts';
import { type LocalProcess, startProcess } from './process.ts';

/** Starts a Redis that acknowledges a write only once it is on disk (fsync), so that a kill -9 loses nothing acknowledged. */
export async function startRedis(
  server: Server,
  at: { folder: string; port: number },
  more: Record<string, string> = {},
): Promise<LocalProcess> {
  mkdirSync(at.folder, { recursive: true });
  const settings = {
    port: String(at.port),
    bind: bindAddress(server),
    'protected-mode': 'no',
    dir: at.folder,
    appendonly: 'yes',
    appendfsync: 'always',
    save: '',
    // A sale writes 64 MB, the default, within seconds, so Redis would rewrite the file in the middle of a sale.
    'auto-aof-rewrite-min-size': '1gb',
    'maxmemory-policy': 'noeviction',
    ...more,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const program = await programOf(server, at);
  const starting = startProcess({
    name: 'redis',
    ...commandLine(server, server.command, args, at),
    logFile: join(at.folder, 'redis.log'),
    isReady: () => redisAnswers(at.port),
  });
  const started = await starting.catch((error: Error) => {
    // Only after it has failed: Redis and Valkey can read many of each other's files, and files of newer releases.
    throw new Error([mismatch(program, readWriter(at.folder), at.folder), error.message].filter(Boolean).join('\n'));
  });
  noteWriter(at.folder, program);
  return started;
}

async function redisAnswers(port: number): Promise<boolean> {
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } finally {
    redis.disconnect();
  }
}
