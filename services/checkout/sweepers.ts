import { type Rounds, startRounds } from '../shared/basics/rounds.ts';

const lookEveryMs = 500;
const restMs = 60_000;

/**
 * Goes on with what is due, one after the other, until nothing is: one looks for it all the time; when it finds something, the others help, up to
 * `atOnce` together. `sweepOne` returns whether there was something; errors go to `onError`.
 */
export function startSweepers(options: {
  sweepOne: () => Promise<boolean>;
  atOnce: number;
  onError: (error: unknown) => void;
}): Pick<Rounds, 'stop'> {
  const { sweepOne, atOnce, onError } = options;
  const helpers = Array.from({ length: atOnce - 1 }, () => startRounds({ round: sweepOne, pauseMs: restMs, onError }));
  const look = async () => {
    const found = await sweepOne();
    if (found) for (const helper of helpers) helper.wake();
    return found;
  };
  const scout = startRounds({ round: look, pauseMs: lookEveryMs, onError });
  return {
    async stop() {
      await Promise.all([scout, ...helpers].map((rounds) => rounds.stop()));
    },
  };
}
