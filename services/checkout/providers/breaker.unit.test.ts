import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerState, guardProvider } from './breaker.ts';
import { type Payment, type Provider, ProviderAway, ProviderRefused } from './provider.ts';

const payment: Payment = {
  ref: 'one',
  state: 'authorized',
  amountMinor: 100,
  currency: 'EUR',
  capturedMinor: 0,
  refundedMinor: 0,
};
const times = { windowMs: 10_000, openMs: 2_000, mostOpenMs: 8_000, retryMs: 1_000 };

/** A provider that answers each call with `answer()`, and its guard. */
function guarded(answer: () => Promise<Payment>) {
  let calls = 0;
  const changes: BreakerState[] = [];
  const retrieve = () => {
    calls++;
    return answer();
  };
  const provider = { name: 'stripe', retrieve } as Partial<Provider> as Provider;
  return {
    guard: guardProvider(provider, { times, onChange: (state) => changes.push(state) }),
    changes,
    calls: () => calls,
  };
}

/** How a call ends, with the clock running as fast as it likes. */
async function outcome(call: Promise<Payment>): Promise<string> {
  const ended = call.then(
    ({ state }) => state,
    (error: Error) => error.name,
  );
  await vi.runAllTimersAsync();
  return await ended;
}

const away = () => Promise.reject(new ProviderAway('away'));
const refuse = () => Promise.reject(new ProviderRefused('no', 'no'));
const answer = () => Promise.resolve(payment);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

async function opened() {
  let now: () => Promise<Payment> = away;
  const made = guarded(() => now());
  while (made.changes.length === 0) await outcome(made.guard.retrieve('one'));
  return { ...made, become: (next: typeof now) => (now = next) };
}

describe('the circuit breaker', () => {
  it('opens once more than half of the calls fail, and asks the provider no more', async () => {
    const { guard, changes, calls } = await opened();
    const before = calls();
    expect(changes).toEqual(['open']);
    expect(await outcome(guard.retrieve('one'))).toBe('ProviderAway');
    expect(calls()).toBe(before);
  });

  it('stays closed while at least half of the calls succeed', async () => {
    let turn = 0;
    const { guard, changes } = guarded(() => (turn++ % 2 === 0 ? answer() : away()));
    for (let call = 0; call < 30; call++) await outcome(guard.retrieve('one'));
    expect(changes).toEqual([]);
  });

  it('is never opened by refusals and declined payments', async () => {
    const refused = guarded(refuse);
    const declined = guarded(() => Promise.resolve({ ...payment, state: 'failed' }));
    for (let call = 0; call < 30; call++) {
      expect(await outcome(refused.guard.retrieve('one'))).toBe('ProviderRefused');
      expect(await outcome(declined.guard.retrieve('one'))).toBe('failed');
    }
    expect([...refused.changes, ...declined.changes]).toEqual([]);
    expect(refused.calls()).toBe(30);
  });

  it('tries with one call after a pause whether the provider is back, and closes', async () => {
    const { guard, changes, calls, become } = await opened();
    become(answer);
    vi.advanceTimersByTime(times.mostOpenMs);
    const before = calls();
    const waiting = [guard.retrieve('one'), guard.retrieve('two')];
    expect(calls()).toBe(before + 1);
    await vi.runAllTimersAsync();
    expect((await Promise.all(waiting)).map(({ state }) => state)).toEqual(['authorized', 'authorized']);
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  it('closes for a refusal too, because that is an answer', async () => {
    const { guard, changes, become } = await opened();
    become(refuse);
    vi.advanceTimersByTime(times.mostOpenMs);
    expect(await outcome(guard.retrieve('one'))).toBe('ProviderRefused');
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  it('opens again if the provider is not back', async () => {
    const { guard, changes } = await opened();
    vi.advanceTimersByTime(times.mostOpenMs);
    expect(await outcome(guard.retrieve('one'))).toBe('ProviderAway');
    expect(changes.slice(0, 3)).toEqual(['open', 'half-open', 'open']);
  });
});

describe('retries', () => {
  it('hide a short fault', async () => {
    let turn = 0;
    const { guard, calls } = guarded(() => (turn++ === 0 ? away() : answer()));
    expect(await outcome(guard.retrieve('one'))).toBe('authorized');
    expect(calls()).toBe(2);
  });

  it('are few, and never of a refusal', async () => {
    const failing = guarded(away);
    expect(await outcome(failing.guard.retrieve('one'))).toBe('ProviderAway');
    expect(failing.calls()).toBe(3);
    const refusing = guarded(refuse);
    await outcome(refusing.guard.retrieve('one'));
    expect(refusing.calls()).toBe(1);
  });

  it('are not made of a call that took long: the caller has waited enough', async () => {
    const { guard, calls } = guarded(async () => {
      await new Promise((resolve) => setTimeout(resolve, times.retryMs));
      return await away();
    });
    expect(await outcome(guard.retrieve('one'))).toBe('ProviderAway');
    expect(calls()).toBe(1);
  });
});
