import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSmallServer } from '../../../scripts/testing/small-server.ts';
import { documentReader, poll } from './poll.ts';

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

it('a document whose answer never ends is given up, and what was read last stays', async () => {
  let isHanging = false;
  const url = await startSmallServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (isHanging) response.write('{');
    else response.end('"first"');
  }, resources);
  const warned = Promise.withResolvers<{ err: Error }>();
  const document = poll({
    what: 'a document',
    read: documentReader({ url, parse: String }),
    everyMs: 1,
    atMostEveryMs: 1,
    logger: { warn: warned.resolve } as never,
  });
  resources.defer(() => document.stop());
  await vi.waitFor(() => expect(document.current()).toBe('first'), 60_000);
  isHanging = true;
  expect((await warned.promise).err.name).toBe('TimeoutError');
  expect(document.current()).toBe('first');
});

describe('a document of another service', () => {
  const { signal } = new AbortController();
  const parse = (json: unknown) => ({ json });

  it('is sent again only if it changed', async () => {
    let [version, sent] = [1, 0];
    const url = await startSmallServer(({ headers }, response) => {
      const etag = `"${version}"`;
      if (headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
      sent++;
      response.writeHead(200, { etag }).end(JSON.stringify({ version }));
    }, resources);
    const read = documentReader({ url, parse });
    const first = await read(signal);
    expect(first).toEqual({ json: { version: 1 } });
    expect(await read(signal)).toBe(first);
    expect(sent).toBe(1);
    version = 2;
    expect(await read(signal)).toEqual({ json: { version: 2 } });
    expect(sent).toBe(2);
  });

  it('is sent each time if it has no ETag', async () => {
    let sent = 0;
    const url = await startSmallServer((_request, response) => void response.end(JSON.stringify(++sent)), resources);
    const read = documentReader({ url, parse });
    expect([await read(signal), await read(signal)]).toEqual([{ json: 1 }, { json: 2 }]);
  });

  it('is asked for with headers that are made for each request', async () => {
    const seen: unknown[] = [];
    const url = await startSmallServer(({ headers }, response) => {
      seen.push(headers.authorization);
      response.end('{}');
    }, resources);
    let made = 0;
    const read = documentReader({ url, parse, headers: async () => ({ authorization: `Bearer ${++made}` }) });
    await read(signal);
    await read(signal);
    expect(seen).toEqual(['Bearer 1', 'Bearer 2']);
  });

  it.each([301, 302, 307, 308])('is not followed elsewhere by a %i', async (status) => {
    let visits = 0;
    const elsewhere = await startSmallServer((_request, response) => {
      visits++;
      response.end('{}');
    }, resources);
    const url = await startSmallServer((_request, response) => {
      response.writeHead(status, { location: elsewhere }).end();
    }, resources);
    await expect(documentReader({ url, parse })(signal)).rejects.toThrow();
    expect(visits).toBe(0);
  });

  it.each([
    ['another status', 503, '{}', 'answered 503'],
    ['a 304 that nobody asked for', 304, undefined, 'answered 304'],
    ['no JSON', 200, '<html>', 'JSON'],
    ['half of it', 200, '{"keys": [', 'JSON'],
    ['no document', 200, '{"keys": 1}', 'not a list'],
  ])('is not read from %s', async (_what, status, body, message) => {
    const url = await startSmallServer((_request, response) => void response.writeHead(status).end(body), resources);
    const parseList = (json: unknown) => {
      if (!Array.isArray((json as { keys: unknown }).keys)) throw new Error('not a list');
    };
    await expect(documentReader({ url, parse: parseList })(signal)).rejects.toThrow(message);
  });

  it('ends if it is too large, and so does its connection', async () => {
    const closed = Promise.withResolvers<void>();
    const url = await startSmallServer((_request, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(' '.repeat(1_048_576)));
      };
      response.on('drain', pour).on('close', closed.resolve);
      pour();
    }, resources);
    await expect(documentReader({ url, parse })(signal)).rejects.toThrow('more than 33554432 bytes');
    await closed.promise;
  });
});
