import { killAll, stopAll } from './groups.ts';

const sameSignalMs = 500;

/**
 * Defines how a command that owns `resources` ends: `stop` closes them in reverse order, stops every process that is left, and exits.
 * A signal does the same, after `onSignal` has announced it. A second signal kills what is left, unless it comes together with the first:
 * npm may forward a Ctrl-C that the command gets too.
 */
export function stopWith(resources: AsyncDisposableStack, options: { exitCode: number; onSignal: () => void }) {
  let stoppingSince: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopNow);

  function stopNow(): void {
    if (stoppingSince === undefined) {
      options.onSignal();
      void stop(options.exitCode);
    } else if (performance.now() - stoppingSince > sameSignalMs) {
      void killAll().finally(() => process.exit(options.exitCode));
    }
  }

  async function stop(exitCode: number): Promise<void> {
    if (stoppingSince !== undefined) return;
    stoppingSince = performance.now();
    try {
      await resources.disposeAsync();
    } finally {
      await stopAll();
      process.exit(exitCode);
    }
  }

  const isStopping = () => stoppingSince !== undefined;
  /** Prints a line, unless the command is stopping: its last message stays the last. */
  const say = (line: string) => {
    if (!isStopping()) console.log(line);
  };
  return { stop, isStopping, say };
}
