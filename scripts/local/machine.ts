import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { sql } from 'kysely';
import { connectStores } from './connect.ts';
import type { StoreUrls } from './store-urls.ts';

/** Describes the machine and the programs that figures were measured with. */
export async function describeMachine(stores: StoreUrls): Promise<Record<string, string>> {
  await using resources = new AsyncDisposableStack();
  const { db, redis } = await connectStores(stores, resources);
  const { rows } = await sql<{ version: string }>`select version() as version`.execute(db);
  return {
    CPU: cpus()[0]?.model ?? 'unknown',
    Cores: String(availableParallelism()),
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    System: `${platform()} ${release()}`,
    Node: process.version.slice(1),
    Redis: /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown',
    MySQL: rows[0]?.version ?? 'unknown',
  };
}
