import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { poll } from './poll.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('a polled document', () => {
  /** Polls every minute, on request every ten seconds, what the test answers; `reads` counts. */
  function polled(answer = async (): Promise<string> => 'first') {
    const state = { reads: 0, answer, signal: undefined as AbortSignal | undefined };
    const warnings: object[] = [];
    const document = poll({
      what: 'a document',
      read: async (signal) => {
        state.reads++;
        state.signal = signal;
        return await state.answer();
      },
      everyMs: 60_000,
      atMostEveryMs: 10_000,
      logger: { warn: (fields: object) => void warnings.push(fields) } as never,
    });
    onTestFinished(() => document.stop());
    return { state, warnings, document };
  }
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const fails = () => Promise.reject(new Error('away'));

  it('is read at the start, and then once a minute', async () => {
    const { state, document } = polled();
    expect(document.current()).toBeUndefined();
    await pass(0);
    expect([document.current(), state.reads]).toEqual(['first', 1]);
    state.answer = async () => 'second';
    await pass(59_999);
    expect([document.current(), state.reads]).toEqual(['first', 1]);
    await pass(1);
    expect([document.current(), state.reads]).toEqual(['second', 2]);
  });

  it('is tried every second until it was read once', async () => {
    const { state, document } = polled(fails);
    await pass(3_000);
    expect([document.current(), state.reads]).toEqual([undefined, 4]);
    state.answer = async () => 'at last';
    await pass(1_000);
    await pass(59_000);
    expect([document.current(), state.reads]).toEqual(['at last', 5]);
  });

  it('stays as it was read last while it cannot be read, with one line in the log for each outage', async () => {
    const { state, warnings, document } = polled();
    await pass(0);
    for (const outage of [1, 2]) {
      state.answer = fails;
      await pass(180_000);
      expect(document.current()).toBe('first');
      expect(warnings).toHaveLength(outage);
      state.answer = async () => 'first';
      await pass(60_000);
    }
    expect(warnings[0]).toMatchObject({ what: 'a document', err: { message: 'away' } });
    expect(state.reads).toBe(9);
  });

  it('is read again on request, but at most every ten seconds', async () => {
    const { state, document } = polled();
    await pass(0);
    state.answer = async () => 'second';
    await pass(9_999);
    await document.refresh();
    expect([document.current(), state.reads]).toEqual(['first', 1]);
    await pass(1);
    await Promise.all([document.refresh(), document.refresh(), document.refresh()]);
    expect([document.current(), state.reads]).toEqual(['second', 2]);
    await document.refresh();
    expect(state.reads).toBe(2);
    // The next regular time is counted from there.
    await pass(59_999);
    expect(state.reads).toBe(2);
    await pass(1);
    expect(state.reads).toBe(3);
  });

  it('that cannot be read makes no request fail', async () => {
    const { state, document } = polled();
    await pass(0);
    state.answer = fails;
    await pass(10_000);
    await document.refresh();
    expect([document.current(), state.reads]).toEqual(['first', 2]);
  });

  it('is never read again once it is stopped, and the read under way ends without a line in the log', async () => {
    const { state, warnings, document } = polled();
    await pass(0);
    state.answer = () => new Promise((_resolve, reject) => state.signal?.addEventListener('abort', () => reject(new Error('x'))));
    await pass(60_000);
    document.stop();
    expect(state.signal?.aborted).toBe(true);
    await pass(600_000);
    expect([state.reads, warnings, document.current()]).toEqual([2, [], 'first']);
  });
});
