import type { LocalProcess } from '../local/process.ts';
import type { Cable } from '../testing/cable.ts';
import type { Trouble } from './faults.ts';

/** A part of the system under chaos, across restarts of its process. */
export type Part = {
  /** Resolves when it is ready. */
  start(): Promise<void>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Kills it for good, after waiting for any start in progress. */
  end(): Promise<void>;
  /** The cable through which others reach it, if any. */
  cable?: Cable;
  misbehaviour?: Misbehaviour;
};

/** Makes a part misbehave until it is to behave again. */
export type Misbehaviour = { begin(trouble: Trouble): Promise<void>; end(): Promise<void> };

/** `onDeath` is called when the process exits without being killed. */
export function createPart(
  launch: () => Promise<LocalProcess>,
  onDeath: () => void,
  { cable, misbehaviour }: Pick<Part, 'cable' | 'misbehaviour'>,
): Part {
  let running: LocalProcess | undefined;
  let starting: Promise<unknown> | undefined;
  let hasEnded = false;

  async function start(): Promise<void> {
    if (hasEnded) throw new Error('the run was interrupted');
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
    ...(misbehaviour && { misbehaviour }),
  };
}
