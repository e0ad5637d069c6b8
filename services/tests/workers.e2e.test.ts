import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startService } from '../../scripts/local/services.ts';
import { orderTokenSecret } from '../../scripts/testing/apps.ts';
import { assertConserved } from '../../scripts/testing/conservation.ts';
import { buy, get, inParallel } from '../../scripts/testing/http.ts';
import { startTestService, type TestService, testFolder } from '../../scripts/testing/services.ts';
import { createMessaging, db, openTestEvent, redis, seatedZone, urls } from '../../scripts/testing/stores.ts';
import { serviceSecret } from '../../scripts/testing/tokens.ts';
import { type Inventory, readInventory } from '../shared/inventory/inventory.ts';

let resources: AsyncDisposableStack;
beforeEach(async () => {
  await redis.flushdb();
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 50 });

type LogLine = { msg: string; worker?: number; pid?: number; pauseMs?: number };

const linesOf = (logFile: string) =>
  readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as LogLine);

const linesThatSay = ({ logFile }: { logFile: string }, msg: string) => linesOf(logFile).filter((line) => line.msg === msg);

const pidsOf = (service: TestService) => linesThatSay(service, 'worker started').map(({ pid = 0 }) => pid);

/** Starts the purchase service, and resolves once both workers listen. */
async function startTwo(messaging: Parameters<typeof startTestService>[1]): Promise<TestService> {
  const purchase = await startTestService('purchase', messaging, {
    resources,
    env: { WEB_CONCURRENCY: '2', LOG_LEVEL: 'debug' },
  });
  await waitFor(async () => expect(listeners(purchase)).toEqual(expect.arrayContaining([1, 2])));
  return purchase;
}

const listeners = ({ logFile }: TestService) =>
  linesOf(logFile)
    .filter(({ msg }) => msg.startsWith('Server listening'))
    .map(({ worker }) => worker);

const columns = Array.from({ length: 500 }, (_, at) => at + 1);

/** Buys every seat of row A, 50 at a time, and calls `then` after each attempt. Returns how many tickets were promised. */
async function sellRowA(base: string, { eventId, venueId }: Inventory, then: (column: number) => void) {
  const answers = await inParallel(columns, 50, async (column) => {
    const answer = await buy(base, { eventId, venueId, column }).catch(() => undefined);
    then(column);
    return answer?.status;
  });
  return answers.filter((status) => status === 201).length;
}

/** Sends the headers of a purchase, on a new connection. Returns a function that sends the body and resolves to the status. */
async function beginToBuy(
  base: string,
  { eventId, venueId }: Inventory,
  seat: { row: string; column: number },
): Promise<() => Promise<number>> {
  const body = JSON.stringify({ eventId, venueId, zoneId: 1, ...seat });
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' };
  const buying = request(`${base}/purchase/api/v1/tickets`, { method: 'POST', headers, agent: false });
  const answered = once(buying, 'response') as Promise<[IncomingMessage]>;
  await once(buying, 'continue');
  return async () => {
    buying.end(body);
    const [answer] = await answered;
    answer.resume();
    return answer.statusCode ?? 0;
  };
}

const openRows = () => openTestEvent({ zones: [seatedZone(1, 2, columns.length)] });

/** Returns false if the process has already exited. */
function interrupt(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGINT');
  } catch {
    return false;
  }
}

describe('two workers', { timeout: 300_000 }, () => {
  it('share the port and both sell; one that is killed (-9) meanwhile is replaced, and no sale is lost', async () => {
    const event = await openRows();
    const messaging = await createMessaging();
    const purchase = await startTwo(messaging);
    const [doomed = 0] = pidsOf(purchase);
    const promised = await sellRowA(purchase.base, event, (column) => {
      if (column === 100) process.kill(doomed, 'SIGKILL');
    });
    expect(promised).toBeGreaterThan(columns.length / 2);
    const sellers = () => [...new Set(linesThatSay(purchase, 'sold').map(({ worker }) => worker))];
    expect(sellers()).toEqual(expect.arrayContaining([1, 2]));
    await waitFor(async () => expect(listeners(purchase)).toContain(3));
    // While the other one is paused, only the replacement can accept a connection.
    const [, other = 0] = pidsOf(purchase);
    process.kill(other, 'SIGSTOP');
    const finish = await beginToBuy(purchase.base, event, { row: 'B', column: 1 });
    expect(await finish()).toBe(201);
    process.kill(other, 'SIGCONT');
    await waitFor(async () => expect(sellers()).toContain(3));

    await startTestService('persistence', messaging, { resources });
    const { sequence = 0 } = (await readInventory(redis, event.eventId)) ?? {};
    expect(sequence).toBeGreaterThanOrEqual(promised);
    const rows = db.selectFrom('tickets').select('ticket_id').where('event_id', '=', event.eventId);
    await waitFor(async () => expect(await rows.execute()).toHaveLength(sequence));
    await assertConserved(redis, event.eventId, db);
  });

  it('drain on SIGTERM: every sale that was made is answered', async () => {
    const event = await openRows();
    const purchase = await startTwo(await createMessaging());
    const promised = await sellRowA(purchase.base, event, (column) => {
      if (column === 100) void purchase.stop();
    });
    expect(await purchase.exited).toEqual([0, null]);
    expect(promised).toBeGreaterThan(50);
    expect(promised).toBeLessThan(columns.length);
    expect((await readInventory(redis, event.eventId))?.sequence).toBe(promised);
    expect(linesThatSay(purchase, 'stopped').map(({ worker }) => worker)).toEqual([
      expect.any(Number),
      expect.any(Number),
      undefined,
    ]);
    expect(linesThatSay(purchase, 'worker started')).toHaveLength(2);
  });

  it('answer the requests that they have begun, even when a terminal signals them as well as their parent, which drains them', async () => {
    const event = await openRows();
    const purchase = await startTwo(await createMessaging());
    const begun = await Promise.all([1, 2].map((column) => beginToBuy(purchase.base, event, { row: 'A', column })));
    purchase.kill('SIGINT');
    await waitFor(async () => expect(linesThatSay(purchase, 'draining')).toHaveLength(3));
    // One that had begun nothing may already have exited.
    const signalled = pidsOf(purchase).filter(interrupt);
    expect(signalled.length).toBeGreaterThan(0);
    expect(await Promise.all(begun.map((finish) => finish()))).toEqual([201, 201]);
    expect(await purchase.exited).toEqual([0, null]);
    expect(linesThatSay(purchase, 'stopped')).toHaveLength(3);
  });

  it('exit with the process that started them, even when it is killed (-9)', async () => {
    const purchase = await startTwo(await createMessaging());
    expect((await get(`${purchase.base}/purchase/health`)).status).toBe(200);
    purchase.kill('SIGKILL');
    await purchase.exited;
    for (const pid of pidsOf(purchase)) await waitFor(async () => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
    await expect(get(`${purchase.base}/purchase/live`)).rejects.toThrow();
  });

  it('that exit immediately each time are restarted after longer and longer pauses', async () => {
    // This server answers the liveness probe, so it passes for the service.
    const occupant = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    resources.defer(() => void occupant.close());
    const logFolder = testFolder(resources);
    const env = { ...environment, WEB_CONCURRENCY: '2', AWS_REGION: 'us-east-1' };
    const purchase = await startService('purchase', { port: (occupant.address() as AddressInfo).port, env, logFolder });
    resources.defer(() => purchase.stop());
    const pauses = () =>
      linesThatSay({ logFile: join(logFolder, 'purchase.log') }, 'worker ended unexpectedly; another starts after a pause')
        .map(({ pauseMs = 0 }) => pauseMs)
        // Each of the two has pauses of its own, and one may be further along than the other.
        .filter((pauseMs) => pauseMs <= 400);
    await waitFor(async () => expect(pauses()).toHaveLength(6));
    expect(pauses().toSorted()).toEqual([100, 100, 200, 200, 400, 400]);
    await purchase.stop();
  });

  it('are not started if a setting is invalid, which is reported once', async () => {
    const env = { ...process.env, ...environment, WEB_CONCURRENCY: '2', SNS_TOPIC_ARN: '' };
    const child = spawn(process.execPath, [join(import.meta.dirname, '../purchase/main.ts')], { env });
    resources.defer(() => void child.kill('SIGKILL'));
    const [output, [exitCode]] = await Promise.all([buffer(child.stderr), once(child, 'exit')]);
    expect(exitCode).toBe(1);
    expect(String(output)).toBe('The environment is not valid:\n  SNS_TOPIC_ARN is missing\n');
  });
});

const environment = {
  REDIS_URL: urls.redisUrl,
  SNS_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:none',
  ORDER_TOKEN_SECRET: orderTokenSecret,
  SERVICE_SECRET: serviceSecret,
  PUBLIC_ORIGIN: 'http://localhost',
};
