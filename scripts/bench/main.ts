import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../local/machine.ts';
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

const parts: Record<string, Part> = {
  a: purchaseAgainstFloor,
  b: purchaseAgainstUsualWay,
  c: workerAgainstRaw,
  d: requestsPerTicket,
  f: scaling,
  g: footprint,
  h: waitingForAReplica,
  i: tracing,
  j: throughLoadBalancer,
  k: manyEvents,
  // Last, for what a million tickets leave in the stores.
  e: queriesAtAMillion,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; the parts are ${Object.keys(parts).join(' ')}`);
  process.exit(1);
}

const resources = new AsyncDisposableStack();
const running = run();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void interrupt());

try {
  await running;
} catch (error) {
  if (!resources.disposed) console.error(`The run gives no result: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await resources.disposeAsync();
}

/** Takes away what the part in hand stands on, and waits until it has noticed. */
async function interrupt(): Promise<void> {
  if (resources.disposed) return;
  console.log('Stopping …');
  await resources.disposeAsync();
  await running.catch(() => {});
  process.exit(1);
}

async function run(): Promise<void> {
  const startedAt = new Date();
  const bench = await startBench(join(local, 'bench'), resources, console.log);
  const machine = { ...(await describeMachine(bench.urls)), ...(await describeCommit()) };
  const reports: Record<string, Report> = {};
  const chosen = Object.entries(parts).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  for (const [name, part] of [['generator', generatorCeiling] as const, ...chosen]) {
    const own = resources.use(new AsyncDisposableStack());
    const say = (line: string) => console.log(`${String(secondsSince(startedAt)).padStart(4)} s  ${name}  ${line}`);
    reports[name] = await part({ bench, resources: own, say, earlier: reports });
    await own.disposeAsync();
  }
  console.log(`\n${tableOf(reports)}\n`);
  const folder = join(local, 'reports');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `bench-${startedAt.toISOString().slice(0, 19).replaceAll(':', '-')}.json`);
  const seconds = secondsSince(startedAt);
  writeFileSync(file, `${JSON.stringify({ startedAt, seconds, machine, parts: reports }, undefined, 2)}\n`);
  console.log(`${seconds} s; every round is in ${file}`);
}

function secondsSince(time: Date): number {
  return Math.round((Date.now() - time.getTime()) / 1_000);
}
