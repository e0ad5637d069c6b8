import { killAll, stopAll } from './groups.ts';

const sameSignalMs = 500;

/**
 * How a command that owns `resources` ends: `stop` closes them in reverse order, stops every process that is left, and exits. So does
 * a signal, which `onSignal` announces. A second signal kills what is left, unless it comes with the first: npm may pass on a Ctrl-C.
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
  /** Says a line, unless the command is stopping: nothing comes after its last message. */
  const say = (line: string) => {
    if (!isStopping()) console.log(line);
  };
  return { stop, isStopping, say };
}
