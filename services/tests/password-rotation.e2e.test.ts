import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, expect, it } from 'vitest';
import { startTestService } from '../../scripts/testing/services.ts';
import { createMessaging, unique, urls } from '../../scripts/testing/stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

/** Only a server that our scripts started on this machine has this socket, and a root user without a password. */
const socketPath = join(tmpdir(), `onsale-mysql-${new URL(urls.databaseUrl).port}.sock`);

it.skipIf(!existsSync(socketPath))(
  'a service whose database password is changed drains and exits, and a new one starts with the new password',
  async () => {
    const root = await createConnection({ socketPath, user: 'root' });
    resources.defer(() => root.end());
    const user = unique('onsale');
    await root.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'old'`);
    resources.defer(async () => void (await root.query(`DROP USER '${user}'@'%'`)));
    const { host, pathname } = new URL(urls.databaseReaderUrl);
    await root.query(`GRANT SELECT ON \`${pathname.slice(1)}\`.* TO '${user}'@'%'`);

    const messaging = await createMessaging();
    const start = (password: string) => {
      const env = { DATABASE_READER_URL: `mysql://${host}${pathname}`, DATABASE_USERNAME: user, DATABASE_PASSWORD: password };
      return startTestService('query', messaging, { resources, env });
    };
    const healthOf = async ({ base }: { base: string }) => (await fetch(`${base}/query/health`)).status;

    const service = await start('old');
    expect(await healthOf(service)).toBe(200);
    await root.query(`ALTER USER '${user}'@'%' IDENTIFIED BY 'new'`);
    const [open] = await root.query(`SELECT id FROM information_schema.processlist WHERE user = '${user}'`);
    for (const { id } of open as { id: number }[]) await root.query(`KILL ${id}`);
    expect(await healthOf(service)).toBe(503);
    expect(await service.exited).toEqual([1, null]);

    expect(await healthOf(await start('new'))).toBe(200);
  },
);
