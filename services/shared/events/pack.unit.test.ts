import { describe, expect, it } from 'vitest';
import { type PackableDomainEvent, packMessages } from './pack.ts';

const maxBytes = 262_144;

const events = (sizes: number[]): PackableDomainEvent[] =>
  sizes.map((size, at) => ({
    type: 'onsale.tickets.purchased',
    sequence: at + 1,
    json: JSON.stringify({ at, filler: 'ü'.repeat(size) }),
  }));

const messagesOf = (sizes: number[]) => packMessages('E', events(sizes));

/** Varied sizes, the same in every run. */
const varied = Array.from({ length: 3_000 }, (_, at) => (at * 7_919) % 601);

describe('packing', () => {
  it.each([
    ['one event', [100]],
    ['small events', Array.from({ length: 20_000 }, () => 1)],
    ['events of all sizes', varied],
    ['events that each fill just over half a message', Array.from({ length: 30 }, () => 66_000)],
    ['events of very different sizes', [20_000, 1, 60_000, 130_000, 1, 60_000]],
  ])('respects the limit of SNS by bytes, and keeps every event once and in order: %s', (_what, sizes) => {
    const messages = messagesOf(sizes);
    for (const { json } of messages) expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes - 512);
    expect(messages.flatMap((message) => message.domainEvents)).toEqual(events(sizes));
    const packed = messages.flatMap(({ json }) => JSON.parse(json) as { at: number }[]);
    expect(packed.map(({ at }) => at)).toEqual(sizes.map((_, at) => at));
  });

  it('packs one event into a message, and hundreds into one message too', () => {
    expect(messagesOf([400])).toHaveLength(1);
    expect(messagesOf(Array.from({ length: 500 }, () => 200))).toHaveLength(1);
  });

  it('fills a message to the last byte, and no further', () => {
    const bytesOf = (json: string) => Buffer.byteLength(`[${json}]`);
    const json = (size: number) => 'x'.repeat(size);
    const full = maxBytes - 512;
    const pack = (...sizes: number[]) =>
      packMessages(
        'E',
        sizes.map((size, at) => ({ type: 't', sequence: at + 1, json: json(size) })),
      );
    expect(pack(full - 2).map((message) => bytesOf(message.json.slice(1, -1)))).toEqual([full]);
    expect(pack(full - 6, 3)).toHaveLength(1);
    expect(pack(full - 5, 3)).toHaveLength(2);
  });

  it('names each type in a message once', () => {
    const types = ['a', 'b', 'a'].map((type, at) => ({ type, sequence: at + 1, json: '{}' }));
    expect(packMessages('E', types).map((message) => message.types)).toEqual([['a', 'b']]);
  });

  it('packs nothing into nothing', () => {
    expect(messagesOf([])).toEqual([]);
  });
});
