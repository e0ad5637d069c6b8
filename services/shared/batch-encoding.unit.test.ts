import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressed, decodeBatch, encodeBatch } from './batch-encoding.ts';

const batchOf = (events: number) => JSON.stringify(Array.from({ length: events }, (_, at) => ({ id: String(at), name: 'Zoë' })));

describe('a batch', () => {
  it('of a few events stays as it is', async () => {
    expect(await encodeBatch(batchOf(10))).toEqual({ body: batchOf(10) });
    expect(await decodeBatch(batchOf(10), undefined)).toBe(batchOf(10));
  });

  it('of many is compressed to a part, as printable text, and comes out as it went in', async () => {
    const { body, contentEncoding } = await encodeBatch(batchOf(5_000));
    expect(contentEncoding).toBe(compressed);
    expect(body).toMatch(/^[\w+/]+=*$/);
    expect(body.length).toBeLessThan(batchOf(5_000).length / 3);
    expect(await decodeBatch(body, contentEncoding)).toBe(batchOf(5_000));
  });

  it('that does not become smaller stays as it is', async () => {
    const noise = randomBytes(20_000).toString('base64');
    expect(await encodeBatch(noise)).toEqual({ body: noise });
  });
});

describe('a body that says that it is compressed', () => {
  it.each([
    ['is not', '[]'],
    ['is cut off', gzipSync('x'.repeat(100_000)).toString('base64').slice(0, 80)],
    ['unfolds to more than any batch', gzipSync(Buffer.alloc(5 * 1024 * 1024)).toString('base64')],
  ])('and %s is refused', async (_what, body) => {
    await expect(decodeBatch(body, compressed)).rejects.toThrow();
  });
});
