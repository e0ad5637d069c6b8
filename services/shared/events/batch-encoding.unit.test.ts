import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressed, decodeBatch, encodeBatch } from './batch-encoding.ts';

const batchOf = (domainEvents: number) =>
  JSON.stringify(Array.from({ length: domainEvents }, (_, at) => ({ id: String(at), name: 'Zoë' })));

describe('a batch', () => {
  it('of a few domain events is not compressed', async () => {
    expect(await encodeBatch(batchOf(10))).toEqual({ body: batchOf(10) });
    expect(await decodeBatch(batchOf(10), undefined)).toBe(batchOf(10));
  });

  it('of many domain events is compressed to printable text, and decodes to the original', async () => {
    const { body, contentEncoding } = await encodeBatch(batchOf(5_000));
    expect(contentEncoding).toBe(compressed);
    expect(body).toMatch(/^[\w+/]+=*$/);
    expect(body.length).toBeLessThan(batchOf(5_000).length / 3);
    expect(await decodeBatch(body, contentEncoding)).toBe(batchOf(5_000));
  });

  it('that compression would not shrink is left alone', async () => {
    const noise = randomBytes(20_000).toString('base64');
    expect(await encodeBatch(noise)).toEqual({ body: noise });
  });
});

describe('a body marked as compressed', () => {
  it.each([
    ['is not compressed', '[]'],
    ['is truncated', gzipSync('x'.repeat(100_000)).toString('base64').slice(0, 80)],
    ['decompresses to more than any batch', gzipSync(Buffer.alloc(5 * 1024 * 1024)).toString('base64')],
  ])('is rejected if it %s', async (_what, body) => {
    await expect(decodeBatch(body, compressed)).rejects.toThrow();
  });
});
