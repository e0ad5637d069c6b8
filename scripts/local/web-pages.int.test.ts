import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { purchased } from '../testing/purchases.ts';
import { exchange, message } from '../testing/raw-http.ts';
import { isReachable } from '../testing/reachable.ts';
import { startTestService } from '../testing/services.ts';
import { createMessaging, db, redis, sns, unique, urls } from '../testing/stores.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const ofBrowser = {
  origin: 'https://page.example',
  referer: 'https://page.example/',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'no-cors',
  'sec-fetch-dest': 'empty',
};
const signed = {
  authorization: 'AWS4-HMAC-SHA256 Credential=a/20261129/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0',
};

describe('a web page in a browser on this machine', () => {
  it('cannot create an order by publishing a domain event to the emulator', async () => {
    const messaging = await createMessaging();
    await startTestService('persistence', messaging, { resources });
    const event = { eventId: unique('event'), venueId: unique('venue'), currency: 'USD' };
    const body = (sequence: number) => JSON.stringify([purchased(event, { sequence, column: sequence })]);

    const publish = async (headers: Record<string, string>, sequence: number) => {
      const { topicArn: TopicArn } = messaging;
      const form = new URLSearchParams({
        Action: 'Publish',
        Version: '2010-03-31',
        TopicArn,
        Message: body(sequence),
      }).toString();
      const all = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
      return await new Promise<{ status: number | undefined; answer: string }>((resolve, reject) => {
        const outgoing = request(urls.endpoint, { method: 'POST', headers: all }, (response) => {
          text(response).then((answer) => resolve({ status: response.statusCode, answer }), reject);
        });
        outgoing.on('error', reject);
        outgoing.end(form);
      });
    };
    const { port } = new URL(urls.endpoint);
    const answers = [
      await publish(ofBrowser, 1),
      await publish({}, 2),
      await publish({ ...ofBrowser, ...signed }, 3),
      await publish({ ...signed, host: `page.example:${port}` }, 4),
    ];
    await sns.send(new PublishCommand({ TopicArn: messaging.topicArn, Message: body(5) }));

    const sequences = () => db.selectFrom('tickets').select('sequence').where('event_id', '=', event.eventId).execute();
    await vi.waitFor(async () => expect(await sequences()).not.toEqual([]), { timeout: 100_000, interval: 50 });
    expect((await sequences()).map(({ sequence }) => sequence)).toEqual([5]);
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  });

  it('cannot read the queues in the emulator', async () => {
    const answer = await fetch(`${urls.endpoint}/_fauxqs/queues`);
    expect([answer.status, await answer.text()]).toEqual([403, expect.not.stringContaining('arn:')]);
  });

  it('cannot write to Redis', async () => {
    const { hostname, port } = new URL(urls.redisUrl);
    const key = unique('key');
    const head = [
      `Host: ${hostname}:${port}`,
      'Content-Type: text/plain',
      ...Object.entries(ofBrowser).map((pair) => pair.join(': ')),
    ];
    for (const line of ['POST / HTTP/1.1', 'GET / HTTP/1.1', 'PUT / HTTP/1.1'])
      await exchange(Number(port), message([line, ...head], `\r\nSET ${key} 1\r\n`));
    expect(await redis.exists(key)).toBe(0);
  });
});

it.runIf(process.platform === 'linux')('the stores and the emulator listen only on 127.0.0.1', async () => {
  for (const url of [urls.redisUrl, urls.databaseUrl, urls.endpoint])
    expect([url, await isReachable('127.0.0.2', Number(new URL(url).port))]).toEqual([url, false]);
});
