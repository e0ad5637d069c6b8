import type { Random } from '../random.ts';

/** An operation of some process, such as a request. `stops`: the points at which it was stopped. */
type Fiber = { name: string; stops: string[]; whenStopped: PromiseWithResolvers<void>; done: Promise<void>; isDone: boolean };

export type Fibers = ReturnType<typeof createFibers>;

/**
 * Operations of a history, of which one runs at a time. At each point that it reaches, an operation may be stopped: its process has died, or
 * is slow. Others then run, and perhaps a stopped one goes on much later, when nobody counts on it any more.
 */
export function createFibers(random: Random, say: (text: string) => void) {
  const stopped: { fiber: Fiber; goOn: () => void }[] = [];
  let running: Fiber | undefined;
  const chance = { stop: 0 };

  return {
    /** How likely an operation stops at a point. */
    chance,
    stopped,

    /** Runs an operation until it ends or stops; then its result is lost. */
    async run(name: string, work: () => Promise<void>): Promise<void> {
      const fiber: Fiber = { name, stops: [], whenStopped: Promise.withResolvers(), done: Promise.resolve(), isDone: false };
      running = fiber;
      fiber.done = work().finally(() => {
        fiber.isDone = true;
      });
      await untilStopped(fiber);
    },

    /** Lets a stopped operation, any of them, go on until it ends or stops again. */
    async resume(): Promise<void> {
      const [chosen] = stopped.splice(random.integer(stopped.length), 1);
      if (!chosen) return;
      const { fiber, goOn } = chosen;
      say(`goes on: ${fiber.name} after ${fiber.stops.at(-1)}`);
      fiber.whenStopped = Promise.withResolvers();
      running = fiber;
      goOn();
      await untilStopped(fiber);
    },

    /** A point at which the operation that runs may stop. */
    async reach(point: string): Promise<void> {
      const fiber = running;
      if (!fiber || !random.chance(chance.stop)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      fiber.stops.push(point);
      say(`stops: ${fiber.name} ${point}`);
      stopped.push({ fiber, goOn: resolve });
      fiber.whenStopped.resolve();
      await promise;
    },
  };

  async function untilStopped(fiber: Fiber): Promise<void> {
    await Promise.race([fiber.done, fiber.whenStopped.promise]);
    running = undefined;
    // Whoever resumes it waits for its error.
    if (!fiber.isDone) fiber.done.catch(() => {});
  }
}
