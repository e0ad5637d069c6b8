import '../local/env-file.ts';
import { readFileSync } from 'node:fs';
import { recordVerification } from '../../services/catalogue/verify/report.ts';
import { verifyEvent } from '../../services/catalogue/verify/verify-event.ts';
import { countOf } from '../../services/shared/basics/text.ts';
import { newCommand } from '../terminal/command.ts';
import { registerAdminCommands } from './admin-command.ts';
import { registerBlockCommands } from './block-command.ts';
import { confirm } from './confirm.ts';
import { draftByFile } from './draft-command.ts';
import { parseEventText } from './event-text.ts';
import { registerImportPlan } from './import-plan/register.ts';
import { registerLifeCommands } from './life-commands.ts';
import { listText } from './list-text.ts';
import { type OpenOptions, openByFile } from './open-command.ts';
import { registerOrdersCommand } from './orders-command.ts';
import { registerPaymentsCommands } from './payments-command.ts';
import { rebuildEvent } from './rebuild-event.ts';
import { redrive } from './redrive.ts';
import { replayEvent } from './replay-event.ts';
import { registerReportCommand } from './report-command.ts';
import { showText } from './show-text.ts';
import { withSystem } from './system.ts';
import { traceOrder } from './trace/trace-order.ts';
import { allowRemote, withOrganiser } from './with-organiser.ts';

const program = newCommand(
  'onsale',
  'Opens, shows, verifies and repairs events. Works on the system that REDIS_URL, DATABASE_URL, SNS_TOPIC_ARN, SQS_QUEUE_URL and ' +
    'SQS_DEAD_LETTER_QUEUE_URL name in the environment or in .env, or, if none of them is set, on the one that "npm start" runs. With --url, or ' +
    'ONSALE_URL, some commands work on a remote installation, with the API key in ONSALE_API_KEY.',
);

allowRemote(program);

program
  .command('list')
  .option('--json', 'print JSON, for programs: an array of events')
  .description('list all events, with the tickets sold and whether each is on sale')
  .action(async ({ json }: { json?: true }) => {
    const events = await withOrganiser(program, ['db', 'redis'], (organiser) => organiser.list());
    console.log(json ? asJson(events) : listText(events));
  });

program
  .command('show')
  .argument('<eventId>')
  .option('--json', 'print JSON, for programs')
  .description("show an event's inventory by zone, and its sales according to MySQL")
  .action(async (eventId: string, { json }: { json?: true }) => {
    const report = await withOrganiser(program, ['db', 'redis'], (organiser) => organiser.show(eventId));
    console.log(json ? asJson(report) : showText(report));
  });

program
  .command('open')
  .argument('<file>', 'the event as JSON; for examples see scripts/demo')
  .option('--dry-run', 'show what would change without changing it; exit status 1 if it would be refused')
  .option('--if-new', 'do nothing if the event is already open')
  .option('--yes', 'do not ask before withdrawing seats from a running sale')
  .option('--draft', 'save the event as a draft, which buyers do not see until it is opened without this')
  .description(
    'open an event as its file describes it; if it is already open, show the differences and change the event accordingly',
  )
  .action(async (file: string, { draft, ...options }: OpenOptions & { draft?: true }) => {
    const readPlan = parseEventText(readText(file));
    await withOrganiser(program, ['db', 'redis'], async (organiser) => {
      const plan = await readPlan(organiser);
      if (draft) await draftByFile(organiser, plan, options, console.log);
      else await openByFile(organiser, plan, options, { say: console.log, confirm });
    });
  });

registerOrdersCommand(program);
registerReportCommand(program);
registerPaymentsCommands(program);

program
  .command('trace')
  .argument('<orderId>')
  .description("show an order's path from its draft to MySQL, with times, and where it waits; works without tracing")
  .action(async (orderId: string) => {
    const text = await withSystem(['db', 'redis', 'messaging'], (system) => traceOrder(system, orderId));
    if (text === undefined)
      throw new Error(`Neither MySQL nor Redis has an order ${orderId}. Give the orderId from the response to its purchase.`);
    console.log(text);
  });

program
  .command('verify')
  .argument('<eventId>')
  .description(
    'compare Redis, the outbox, the queues and MySQL, ticket by ticket, and what was paid with what was sold, even during a sale; ' +
      'exit status 1 if they differ',
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
    'publish again the sales and cancellations that MySQL lacks, and wait until it has them; exit status 1 if some are lost',
  )
  .action(async (eventId: string) => {
    const { published, lost } = await withSystem(['db', 'redis', 'messaging'], (system) =>
      replayEvent(system, eventId, console.log),
    );
    console.log(`${eventId}: ${countOf(published, 'domain event')} published again and applied`);
    if (lost.count > 0) process.exitCode = 1;
  });

program
  .command('rebuild')
  .argument('<eventId>')
  .option(
    '--although-healthy',
    'rebuild even if Redis has lost nothing; takes the event off sale for a while and releases all holds',
  )
  .option(
    '--accept-lost-sales',
    'continue even if sales are lost for good, or MySQL cannot accept them; their seats are sold again',
  )
  .option('--ignore-dead-letters', 'continue even if the dead-letter queue has, or may have, sales of the event')
  .description("rebuild an event's inventory from MySQL after Redis has lost it; nothing is sold meanwhile")
  .action(async (eventId: string, options: { althoughHealthy?: true; acceptLostSales?: true; ignoreDeadLetters?: true }) => {
    const { althoughHealthy = false, acceptLostSales = false, ignoreDeadLetters = false } = options;
    const accepted = { healthy: althoughHealthy, lostSales: acceptLostSales, deadLetters: ignoreDeadLetters };
    await withSystem(['db', 'redis', 'messaging'], (system) => rebuildEvent(system, eventId, console.log, { accepted }));
  });

program
  .command('redrive')
  .option('--yes', 'do not ask before sending')
  .description('show the messages in the dead-letter queue, and send them back to the queue')
  .action(async ({ yes }: { yes?: true }) => {
    await withSystem(['messaging'], ({ messaging }) =>
      redrive(messaging, { confirm: yes ? async () => true : confirm, say: console.log }),
    );
  });

registerLifeCommands(program, console.log);
registerBlockCommands(program);
registerImportPlan(program);
registerAdminCommands(program);

const asJson = (value: unknown) => JSON.stringify(value, null, 2);

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`The event file cannot be read: ${(error as Error).message}`);
  }
}

/** Shows progress to a person at the terminal, and nothing to a program. */
function sayAtTerminal(line: string): void {
  if (process.stderr.isTTY) console.error(line);
}

// The reader of a pipe, such as head, has seen enough: more would be read from the stores in vain.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message || error);
  process.exitCode = 1;
}
