import { expect, it } from 'vitest';
import { contextOf, isSampled, isTraceparent, traceparentOf } from './traceparent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

it('reads a traceparent and writes the same one', () => {
  const traceparent = `00-${traceId}-${spanId}-01`;
  const context = contextOf(traceparent);
  expect(context).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true });
  expect(context && traceparentOf(context)).toBe(traceparent);
});

it.each([
  ['01', true],
  ['03', true],
  ['ff', true],
  ['00', false],
  ['02', false],
])('flags %s: sampled is %s, whatever the other bits are', (flags, expected) => {
  expect(isSampled(`00-${traceId}-${spanId}-${flags}`)).toBe(expected);
});

it.each([
  undefined,
  7,
  '',
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-01-more`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `01-${traceId}-${spanId}-01`,
  [`00-${traceId}-${spanId}-01`],
])('rejects %j as a traceparent', (value) => {
  expect([isTraceparent(value), isSampled(value), contextOf(value)]).toEqual([false, false, undefined]);
});
