import type { Command } from 'commander';
import type { Part } from '../local/named-system.ts';
import { httpUrl } from '../terminal/command.ts';
import { localOrganiser } from './local-organiser.ts';
import type { Organiser } from './organiser.ts';
import { connectRemote } from './remote.ts';
import { remoteOrganiser } from './remote-organiser.ts';
import { withSystem } from './system.ts';

/** The commands that can work on a remote installation. */
const remoteCommands = ['list', 'show', 'open', 'orders', 'report', 'pause', 'resume', 'close', 'archive', 'block', 'unblock'];

/** Adds the option that names a remote installation, and refuses it for commands that need the stores themselves. */
export function allowRemote(program: Command): void {
  program
    .option('--url <url>', 'address of a remote installation, such as https://tickets.example; needs ONSALE_API_KEY', httpUrl)
    .hook('preAction', (_program, command) => {
      const name = nameOf(command);
      if (program.opts<{ url?: string }>().url === undefined || remoteCommands.includes(name)) return;
      throw new Error(`"${name}" works on the stores themselves, and cannot be told --url.`);
    });
}

/**
 * Does one piece of work for an organiser: on the remote installation that --url or ONSALE_URL names, with the API key in ONSALE_API_KEY; if
 * neither is there, on the stores that it needs (system.ts).
 */
export async function withOrganiser<Result>(
  program: Command,
  needed: readonly Part[],
  work: (organiser: Organiser) => Promise<Result>,
  environment = process.env,
): Promise<Result> {
  const { url = environment.ONSALE_URL } = rootOf(program).opts<{ url?: string }>();
  if (!url) return await withSystem(needed, (system) => work(localOrganiser(system)), environment);
  const apiKey = environment.ONSALE_API_KEY;
  if (!apiKey) throw new Error('ONSALE_API_KEY is missing: a remote installation needs an API key.');
  const remote = connectRemote({ url: httpUrl(url), apiKey });
  console.error(`Working on ${remote.origin}`);
  return await work(remoteOrganiser(remote));
}

/** Of a command in a group, with its group: "payments list". */
const nameOf = (command: Command): string =>
  command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

const rootOf = (command: Command): Command => (command.parent ? rootOf(command.parent) : command);
