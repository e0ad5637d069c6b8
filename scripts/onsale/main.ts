import '../local/env-file.ts';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { parseEventFile } from './event-file.ts';
import { openEvent } from './open-event.ts';
import { rebuildEvent } from './rebuild-event.ts';
import { askToSendBack, redrive } from './redrive.ts';
import { replayEvent } from './replay-event.ts';
import { showEvent } from './show-event.ts';
import { withSystem } from './system.ts';
import { traceOrder } from './trace/trace-order.ts';
import { recordVerification } from './verify/record.ts';
import { verifyEvent } from './verify/verify-event.ts';

const program = new Command('onsale').description(
  'Opens, shows, verifies and mends events. Uses the stores and queues that the environment names, as it does for the services, or else those that "npm start" runs.',
);

program
  .command('open')
  .argument('<file>', 'the event, as JSON; see scripts/demo')
  .description("write an event's catalogue and open its inventory; run again, it changes what may change")
  .action(async (file: string) => {
    const plan = parseEventFile(readFileSync(file, 'utf8'));
    const { eventId, zones } = plan.inventory;
    const outcome = await withSystem(({ db, redis }) => openEvent(db, redis, plan));
    if (outcome.kind === 'refused')
      throw new Error(`Refused; nothing was changed:\n${outcome.reasons.map((reason) => `  ${reason}`).join('\n')}`);
    const seats = zones.reduce((sum, { capacity }) => sum + capacity, 0);
    console.log(`${eventId} ${outcome.kind}: ${zones.length} zones, ${seats} seats`);
  });

program
  .command('show')
  .argument('<eventId>')
  .description("show an event's inventory by zone, and what the projection has")
  .action(async (eventId: string) => {
    const text = await withSystem(({ db, redis }) => showEvent(db, redis, eventId));
    if (text === undefined) throw new Error(`${eventId} was never opened`);
    console.log(text);
  });

program
  .command('trace')
  .argument('<orderId>')
  .description("show an order's whole path with times, from its draft to MySQL, and where it waits; traces need not be on")
  .action(async (orderId: string) => {
    const text = await withSystem((system) => traceOrder(system, orderId));
    if (text === undefined) throw new Error(`No store knows an order ${orderId}`);
    console.log(text);
  });

program
  .command('verify')
  .argument('<eventId>')
  .description('compare Redis, the outbox, the queues and MySQL, ticket by ticket; may be run during a sale')
  .action(async (eventId: string) => {
    const { differences, summary } = await withSystem(async (system) => {
      const startedAt = new Date();
      const verification = await verifyEvent(system, eventId, sayAtTerminal);
      await recordVerification(system.db, startedAt, verification);
      return verification;
    });
    console.log(summary);
    for (const difference of differences) console.log(`  ${difference}`);
    if (differences.length > 0) process.exitCode = 1;
  });

program
  .command('replay')
  .argument('<eventId>')
  .description('publish again what the outbox retains and MySQL lacks, and wait until it is applied')
  .action(async (eventId: string) => {
    const { published } = await withSystem((system) => replayEvent(system, eventId, console.log));
    console.log(`${eventId}: ${published} domain events published again, and applied`);
  });

program
  .command('rebuild')
  .argument('<eventId>')
  .description("make an event's inventory in Redis anew from MySQL, where Redis has lost it; nothing is sold meanwhile")
  .action((eventId: string) => withSystem((system) => rebuildEvent(system, eventId, console.log)));

program
  .command('redrive')
  .option('--yes', 'without asking')
  .description('show what is in the dead-letter queue, and send it back to the queue')
  .action(async ({ yes }: { yes?: true }) => {
    const confirm = yes ? async () => true : askToSendBack;
    await withSystem(({ messaging }) => redrive(messaging, { confirm, say: console.log }));
  });

/** Progress: for who looks on, and not for what reads the output. */
function sayAtTerminal(line: string): void {
  if (process.stderr.isTTY) console.error(line);
}

try {
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message || error);
  process.exitCode = 1;
}
