import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { testFolder } from '../testing/services.ts';
import { noteWriter } from './data-program.ts';
import { freePort } from './free-ports.ts';
import { startMysql } from './mysql.ts';
import { startRedis } from './redis.ts';
import { findServers } from './servers.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const { redis, mysql } = await findServers(['redis', 'mysql'], () => {});

it("MySQL and MariaDB do not touch each other's data: the start fails and explains who wrote it and what to do", async () => {
  const folder = join(testFolder(resources), 'mysql');
  const [file, name] = mysql.flavor === 'mysql' ? ['aria_log_control', 'MariaDB'] : ['mysql.ibd', 'MySQL'];
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'data', file), '');
  const starting = startMysql(mysql, { folder, port: await freePort() });
  await expect(starting).rejects.toThrow(new RegExp(`written by ${name}, .* Use ${name}, or move or delete `));
  expect(readdirSync(join(folder, 'data'))).toEqual([file]);
});

it("a Redis that cannot read a newer one's data fails with the reason and the end of its log", async () => {
  const folder = join(testFolder(resources), 'redis');
  const appendOnly = join(folder, 'appendonlydir');
  mkdirSync(appendOnly, { recursive: true });
  writeFileSync(join(appendOnly, 'appendonly.aof.manifest'), 'file appendonly.aof.1.base.rdb seq 1 type b\n');
  writeFileSync(join(appendOnly, 'appendonly.aof.1.base.rdb'), `REDIS9999${'\0'.repeat(20)}`);
  noteWriter(folder, { name: 'Redis', version: '99.0.1' });
  const starting = startRedis(redis, { folder, port: await freePort() });
  await expect(starting).rejects.toThrow(
    /written by Redis 99\.0\.1, .*\nredis ended before it was ready.*\n(.*\n)*.*RDB format version 9999/,
  );
});
