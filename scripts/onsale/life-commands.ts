import type { Command } from 'commander';
import { confirm } from './confirm.ts';
import { withOrganiser } from './with-organiser.ts';

/** Adds the commands that lead an event through its life: pause, resume, close, archive. `say` shows progress to a person. */
export function registerLifeCommands(program: Command, say: (line: string) => void): void {
  program
    .command('pause')
    .argument('<eventId>')
    .option('--no-confirm', 'do not let buyers confirm the holds that they have, either')
    .description('stop selling an event for a while; tickets can be cancelled, and holds confirmed')
    .action(async (eventId: string, { confirm: confirmWhilePaused }: { confirm: boolean }) => {
      const change = { state: 'paused', confirmWhilePaused } as const;
      console.log(await withOrganiser(program, ['db', 'redis'], (organiser) => organiser.changeState(eventId, change)));
    });

  program
    .command('resume')
    .argument('<eventId>')
    .description('sell a paused event again')
    .action(async (eventId: string) => {
      console.log(
        await withOrganiser(program, ['db', 'redis'], (organiser) => organiser.changeState(eventId, { state: 'published' })),
      );
    });

  program
    .command('close')
    .argument('<eventId>')
    .option('--yes', 'do not ask')
    .description('end the sale of an event for good; tickets can still be cancelled, and holds confirmed')
    .action(async (eventId: string, { yes }: { yes?: true }) => {
      if (!yes && !(await confirm(`${eventId} will never be sold again. Continue?`))) return;
      console.log(
        await withOrganiser(program, ['db', 'redis'], (organiser) => organiser.changeState(eventId, { state: 'closed' })),
      );
    });

  program
    .command('archive')
    .argument('<eventId>')
    .option('--yes', 'do not ask')
    .description('verify a closed event, and remove it from Redis for good; its tickets stay readable, but cannot be cancelled')
    .action(async (eventId: string, { yes }: { yes?: true }) => {
      if (!yes && !(await confirm(`${eventId} will be removed from Redis for good. Continue?`))) return;
      await withOrganiser(program, ['db', 'redis', 'messaging'], (organiser) => organiser.archive(eventId, say));
    });
}
