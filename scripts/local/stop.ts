const sameSignalMs = 500;

/**
 * How a command that owns `resources` ends: `stop` closes them in order and exits; so does a signal. A second signal forces the
 * exit, unless it comes with the first: npm may pass a Ctrl-C on.
 */
export function stopWith(resources: AsyncDisposableStack, onSignal: { exitCode: number; say: (line: string) => void }) {
  let stoppingSince: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(onSignal.exitCode));

  async function stop(exitCode: number): Promise<void> {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > sameSignalMs) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    onSignal.say('Stopping …');
    await resources.disposeAsync();
    onSignal.say('Stopped; the data is kept in .local/');
    process.exit(exitCode);
  }

  return { stop, isStopping: () => stoppingSince !== undefined };
}
