import { systemAt } from '../flash-sale/system.ts';
import { startSeparateSystem } from '../local/separate-system.ts';
import { stopWith } from '../local/stop.ts';
import { newCommand } from '../terminal/command.ts';
import { crowds } from './crowds.ts';
import { faultsOf, textOf } from './report.ts';

newCommand(
  'overload',
  'Starts a system of its own, measures its peak rate of orders, and sends twice as many for ten seconds. Shows how it sheds ' +
    'the excess and recovers. Takes two to three minutes. Exit status 1: a promise was broken, or the run failed.',
).parse();
const resources = new AsyncDisposableStack();
const { stop, isStopping, say } = stopWith(resources, {
  exitCode: 130,
  onSignal: () => say('Interrupted; stopping the system.'),
});

try {
  // Loaded only now, so that --help is answered immediately.
  const { overload } = await import('./overload.ts');
  const { ports, urls } = await startSeparateSystem('overload', { resources, say, others: false });
  const system = systemAt(ports, urls);
  let isRight = true;
  for (const crowd of crowds) {
    say(`\nBuyers want ${crowd.name}:`);
    const seen = await overload(system, crowd, resources, say);
    say(textOf(seen));
    const faults = faultsOf(seen);
    for (const fault of faults) say(`Wrong: ${fault}`);
    isRight &&= faults.length === 0;
  }
  await stop(isRight ? 0 : 1);
} catch (error) {
  if (!isStopping()) {
    say(`The run failed: ${(error as Error).message}`);
    await stop(1);
  }
}
