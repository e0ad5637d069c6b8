import { expect, it, vi } from 'vitest';
import { startRounds } from './rounds.ts';

const never = 1e9;

it('goes on without a pause while there is work, and an error counts as none', async () => {
  const outcomes = [true, true, new Error('away')];
  const onError = vi.fn();
  const round = vi.fn(async () => {
    const outcome = outcomes.shift() ?? false;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  const rounds = startRounds({ round, pauseMs: never, onError });
  await vi.waitFor(() => expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('away')));
  expect(round).toHaveBeenCalledTimes(3);
  rounds.wake();
  await vi.waitFor(() => expect(round).toHaveBeenCalledTimes(4));
  await rounds.stop();
  expect(round).toHaveBeenCalledTimes(4);
});

it('does not forget that it was woken during a round', async () => {
  const begun = Promise.withResolvers<void>();
  const going = Promise.withResolvers<void>();
  const round = vi.fn(async () => {
    begun.resolve();
    await going.promise;
    return false;
  });
  const rounds = startRounds({ round, pauseMs: never, onError: () => {} });
  await begun.promise;
  rounds.wake();
  going.resolve();
  await vi.waitFor(() => expect(round).toHaveBeenCalledTimes(2));
  await rounds.stop();
});

it('finishes its round when it is stopped, and the round can know that it is the last', async () => {
  const begun = Promise.withResolvers<void>();
  let knew = false;
  const rounds = startRounds({
    async round(isStopping) {
      begun.resolve();
      await vi.waitFor(() => expect(isStopping()).toBe(true));
      knew = true;
      return true;
    },
    pauseMs: never,
    onError: () => {},
  });
  await begun.promise;
  await rounds.stop();
  expect(knew).toBe(true);
});
