import '../local/env-file.ts';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { confirm } from './confirm.ts';
import { parseEventFile } from './event-file.ts';
import { listEvents, listText } from './list-events.ts';
import { type OpenOptions, openByFile } from './open-command.ts';
import { rebuildEvent } from './rebuild-event.ts';
import { redrive } from './redrive.ts';
import { replayEvent } from './replay-event.ts';
import { reportEvent, showText } from './show-event.ts';
import { withSystem } from './system.ts';
import { countOf } from './text.ts';
import { traceOrder } from './trace/trace-order.ts';
import { recordVerification } from './verify/record.ts';
import { verifyEvent } from './verify/verify-event.ts';

const program = new Command('onsale').description(
  'Opens, shows, verifies and repairs events. It works on the system that the environment names, as it does for the services ' +
    '(REDIS_URL, DATABASE_URL, SNS_TOPIC_ARN, SQS_QUEUE_URL, SQS_DEAD_LETTER_QUEUE_URL); if none of these is set, on the one that ' +
    '"npm start" runs.',
);

program
  .command('list')
  .option('--json', 'for programs: an array of events')
  .description('list all events, with how many tickets each has sold and whether it is on sale')
  .action(async ({ json }: { json?: true }) => {
    const events = await withSystem(['db', 'redis'], ({ db, redis }) => listEvents(db, redis));
    console.log(json ? asJson(events) : listText(events));
  });

program
  .command('show')
  .argument('<eventId>')
  .option('--json', 'for programs')
  .description("show an event's inventory by zone, and what MySQL has of its sales")
  .action(async (eventId: string, { json }: { json?: true }) => {
    const report = await withSystem(['db', 'redis'], ({ db, redis }) => reportEvent(db, redis, eventId));
    if (!report) throw new Error(`${eventId} was never opened; "onsale list" shows what was`);
    console.log(json ? asJson(report) : showText(report));
  });

program
  .command('open')
  .argument('<file>', 'the event, as JSON; see scripts/demo')
  .option('--dry-run', 'show what would change, and change nothing; exit status 1 if it would be refused')
  .option('--if-new', 'leave an event that is open already as it is')
  .option('--yes', 'take seats from a sale that is on without asking')
  .description("write an event's catalogue and open its inventory; run again, it shows what differs and changes what may change")
  .action(async (file: string, options: OpenOptions) => {
    const plan = parseEventFile(readText(file));
    await withSystem(['db', 'redis'], (stores) => openByFile(stores, plan, options, { say: console.log, confirm }));
  });

program
  .command('trace')
  .argument('<orderId>')
  .description("show an order's whole path with times, from its draft to MySQL, and where it waits; traces need not be on")
  .action(async (orderId: string) => {
    const text = await withSystem(['db', 'redis', 'messaging'], (system) => traceOrder(system, orderId));
    if (text === undefined) throw new Error(`No store knows an order ${orderId}`);
    console.log(text);
  });

program
  .command('verify')
  .argument('<eventId>')
  .description(
    'compare Redis, the outbox, the queues and MySQL, ticket by ticket; may be run during a sale; exit status 1 if they differ',
  )
  .action(async (eventId: string) => {
    const { differences, summary } = await withSystem(['db', 'redis', 'messaging'], async (system) => {
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
  .description(
    'publish again what Redis still has and MySQL lacks, and wait until it is applied; exit status 1 if MySQL lacks more',
  )
  .action(async (eventId: string) => {
    const { published, lost } = await withSystem(['db', 'redis', 'messaging'], (system) =>
      replayEvent(system, eventId, console.log),
    );
    console.log(`${eventId}: ${countOf(published, 'domain event')} published again, and applied`);
    if (lost.count > 0) process.exitCode = 1;
  });

program
  .command('rebuild')
  .argument('<eventId>')
  .option('--although-healthy', 'also if Redis has lost nothing: it takes the event off sale for a while and gives up all holds')
  .option(
    '--accept-lost-sales',
    'go on if MySQL lacks sales that nothing else has, or that it cannot take: their seats are sold again',
  )
  .option('--ignore-dead-letters', 'go on if the dead-letter queue has sales of the event, or may have')
  .description("make an event's inventory in Redis anew from MySQL, after Redis has lost it; nothing is sold meanwhile")
  .action(async (eventId: string, options: { althoughHealthy?: true; acceptLostSales?: true; ignoreDeadLetters?: true }) => {
    const { althoughHealthy = false, acceptLostSales = false, ignoreDeadLetters = false } = options;
    const accepted = { healthy: althoughHealthy, lostSales: acceptLostSales, deadLetters: ignoreDeadLetters };
    await withSystem(['db', 'redis', 'messaging'], (system) => rebuildEvent(system, eventId, console.log, { accepted }));
  });

program
  .command('redrive')
  .option('--yes', 'without asking')
  .description('show what is in the dead-letter queue, and send it back to the queue')
  .action(async ({ yes }: { yes?: true }) => {
    await withSystem(['messaging'], ({ messaging }) =>
      redrive(messaging, { confirm: yes ? async () => true : confirm, say: console.log }),
    );
  });

const asJson = (value: unknown) => JSON.stringify(value, null, 2);

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`The event file cannot be read: ${(error as Error).message}`);
  }
}

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
