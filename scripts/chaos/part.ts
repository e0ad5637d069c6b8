import type { LocalProcess } from '../local/process.ts';
import type { Cable } from '../testing/cable.ts';

/** A process of the system under chaos, over all of its lives. */
export type Part = {
  /** Resolves when it does its work. */
  start(): Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Kills it for good, once a start that is under way is over. */
  end(): Promise<void>;
  /** Where what the others send to it goes through one. */
  cable?: Cable;
};

/** `onDeath` is told when it ends though nobody killed it. */
export function createPart(launch: () => Promise<LocalProcess>, onDeath: () => void, cable?: Cable): Part {
  let running: LocalProcess | undefined;
  let starting: Promise<unknown> | undefined;
  let hasEnded = false;

  async function start(): Promise<void> {
    if (hasEnded) throw new Error('the run was broken off');
    const launching = launch();
    starting = launching.catch(() => {});
    const started = await launching;
    running = started;
    void started.exited.then(() => {
      if (running === started) onDeath();
    });
  }

  async function kill(): Promise<void> {
    const dying = running;
    running = undefined;
    dying?.kill('SIGKILL');
    await dying?.exited;
  }

  return {
    start,
    kill,
    freeze: () => running?.kill('SIGSTOP'),
    thaw: () => running?.kill('SIGCONT'),
    async end() {
      hasEnded = true;
      await starting;
      await kill();
    },
    ...(cable && { cable }),
  };
}
