import { systemAt } from '../flash-sale/system.ts';
import { startSeparateSystem } from '../local/separate-system.ts';
import { stopWith } from '../local/stop.ts';
import { integer, newCommand } from '../terminal/command.ts';

const { seconds, seats, buyers } = newCommand(
  'without-accounts',
  'Starts a system of its own, signs buyers in, sells out event after event to them, kills accounts, catalogue and checkout (-9), and goes on ' +
    'selling to the same buyers for as long as their tokens are valid, ten minutes. Shows the rates before and after as a ratio. Exit ' +
    'status 1: a request failed or was refused, tickets differ from what buyers were told, or the run failed.',
)
  .option('--seconds <count>', 'how long to sell without accounts', integer(1, 600), 600)
  .option('--seats <count>', 'the seats of each event', integer(1, 50_000), 10_000)
  .option('--buyers <count>', 'how many accounts buy', integer(1, 500), 200)
  .parse()
  .opts<{ seconds: number; seats: number; buyers: number }>();
const resources = new AsyncDisposableStack();
const { stop, isStopping, say } = stopWith(resources, {
  exitCode: 130,
  onSignal: () => say('Interrupted; stopping the system.'),
});

try {
  // Loaded only now, so that --help is answered immediately.
  const { sellWithout } = await import('./sell-without.ts');
  const { faultsOf, textOf } = await import('./report.ts');
  const { ports, urls, others } = await startSeparateSystem('without-accounts', { resources, say, others: true });
  // Registered after the system, so the crowd stops before it.
  const crowd = new AbortController();
  resources.defer(() => crowd.abort());
  const run = await sellWithout(
    { system: systemAt(ports, urls), others, ports },
    { seconds, seats, buyers },
    { say, signal: crowd.signal },
  );
  say(`\n${textOf(run)}`);
  const faults = faultsOf(run);
  for (const fault of faults) say(`Wrong: ${fault}`);
  await stop(faults.length === 0 ? 0 : 1);
} catch (error) {
  if (!isStopping()) {
    say(`The run failed: ${(error as Error).message}`);
    await stop(1);
  }
}
