import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Argument } from 'commander';
import { describeMachine } from '../local/machine.ts';
import { stopWith } from '../local/stop.ts';
import { newCommand } from '../terminal/command.ts';
import { describeCommit } from './commit.ts';
import { footprint } from './parts/footprint.ts';
import { generatorCeiling } from './parts/generator-ceiling.ts';
import { manyEvents } from './parts/many-events.ts';
import { purchaseAgainstFloor } from './parts/purchase-against-floor.ts';
import { purchaseAgainstUsualWay } from './parts/purchase-against-usual-way.ts';
import { queriesAtAMillion } from './parts/queries-at-a-million.ts';
import { requestsPerTicket } from './parts/requests-per-ticket.ts';
import { scaling } from './parts/scaling.ts';
import { throughLoadBalancer } from './parts/through-load-balancer.ts';
import { tracing } from './parts/tracing.ts';
import { waitingForAReplica } from './parts/waiting-for-a-replica.ts';
import { workerAgainstRaw } from './parts/worker-against-raw.ts';
import { type Part, type Report, tableOf } from './report.ts';
import { startBench } from './system.ts';

const local = join(import.meta.dirname, '../../.local');

const parts: Record<string, [measure: Part, about: string]> = {
  a: [purchaseAgainstFloor, 'purchase vs. a bare Fastify server with one script'],
  b: [purchaseAgainstUsualWay, 'purchase vs. the usual way: lock the seat, then await an SNS Publish'],
  c: [workerAgainstRaw, 'the worker vs. raw INSERTs'],
  d: [requestsPerTicket, 'SNS and SQS requests per ticket'],
  f: [scaling, 'two purchase processes, and three Redis masters'],
  g: [footprint, 'memory use, and latency at half the peak rate'],
  h: [waitingForAReplica, 'the cost of waiting for a replica'],
  i: [tracing, 'the cost of tracing'],
  j: [throughLoadBalancer, 'through the local load balancer vs. directly to a service'],
  k: [manyEvents, '5,000 open events vs. five'],
  // Last, because a million tickets stay in the stores.
  e: [queriesAtAMillion, 'queries, verify and rebuild with a million tickets'],
};

const command = newCommand(
  'bench',
  'Measures speed as ratios, running both sides of each in turns. Starts stores of its own. All parts take about ten minutes.',
)
  .addArgument(new Argument('[part...]', 'run only these parts').choices(Object.keys(parts)))
  .addHelpText(
    'after',
    `\nParts:\n${Object.entries(parts)
      .map(([name, [, about]]) => `  ${name}  ${about}`)
      .join('\n')}`,
  )
  .parse();
const [wanted = []] = command.processedArgs as [string[] | undefined];

const resources = new AsyncDisposableStack();
const { stop, isStopping, say } = stopWith(resources, {
  exitCode: 130,
  onSignal: () => say('Interrupted without a result; stopping the stores.'),
});

try {
  await run();
  await stop(0);
} catch (error) {
  if (!isStopping()) {
    console.error(`The run failed without a result: ${(error as Error).message}`);
    await stop(1);
  }
}

async function run(): Promise<void> {
  const startedAt = new Date();
  say('Starting Redis, MySQL and the emulator …');
  const bench = await startBench(join(local, 'bench'), resources, say);
  const machine = { ...(await describeMachine(bench.urls)), ...(await describeCommit()) };
  const reports: Record<string, Report> = {};
  const chosen = Object.entries(parts).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  for (const [name, [measure]] of [['generator', [generatorCeiling]] as const, ...chosen]) {
    const own = resources.use(new AsyncDisposableStack());
    const sayOfPart = (line: string) => say(`${String(secondsSince(startedAt)).padStart(4)} s  ${name}  ${line}`);
    reports[name] = await measure({ bench, resources: own, say: sayOfPart, earlier: reports });
    await own.disposeAsync();
  }
  console.log(`\n${tableOf(reports)}\n`);
  const folder = join(local, 'reports');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `bench-${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}.json`);
  const seconds = secondsSince(startedAt);
  writeFileSync(file, `${JSON.stringify({ startedAt, seconds, machine, parts: reports }, undefined, 2)}\n`);
  console.log(`Took ${seconds} s. The figures of every round are in ${relative('.', file)}`);
}

function secondsSince(time: Date): number {
  return Math.round((Date.now() - time.getTime()) / 1_000);
}
