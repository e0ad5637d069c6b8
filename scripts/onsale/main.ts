import '../local/env-file.ts';
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { connectStores } from '../local/connect.ts';
import { defaultPorts } from '../local/ports.ts';
import { storeUrls } from '../local/stores.ts';
import { parseEventFile } from './event-file.ts';
import { openEvent } from './open-event.ts';
import { showEvent } from './show-event.ts';

const program = new Command('onsale').description(
  'Opens and shows the inventory of events. Uses REDIS_URL and DATABASE_URL, or else the stores that "npm start" runs.',
);

program
  .command('open')
  .argument('<file>', 'the event, as JSON; see scripts/demo')
  .description("write an event's catalogue and open its inventory; run again, it changes what may change")
  .action(async (file: string) => {
    const plan = parseEventFile(readFileSync(file, 'utf8'));
    const { eventId, zones } = plan.inventory;
    const outcome = await withStores(({ db, redis }) => openEvent(db, redis, plan));
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
    const text = await withStores(({ db, redis }) => showEvent(db, redis, eventId));
    if (text === undefined) throw new Error(`${eventId} was never opened`);
    console.log(text);
  });

async function withStores<T>(work: (stores: Awaited<ReturnType<typeof connectStores>>) => Promise<T>): Promise<T> {
  await using resources = new AsyncDisposableStack();
  return await work(await connectStores(storeUrls(defaultPorts), resources));
}

try {
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message || error);
  process.exitCode = 1;
}
