import { Option } from 'commander';
import { integer, newCommand, newSeed } from '../terminal/command.ts';
import type { SaleOptions } from './hold-sale.ts';

/** The number of attempts: one for each seat, and duplicates for `percent` of the seats. */
export const attemptsWith = (seats: number, percent: number) => seats + Math.round((seats * percent) / 100);

/** With `isWatched` the sale waits for Enter, so that a person can open the operator's page first. */
export type Wanted = { isWatched: boolean } & (
  | { kind: 'sale'; options: SaleOptions }
  | { kind: 'table'; options: Omit<SaleOptions, 'buyers'> }
);

const defaults = { seats: 50_000, buyers: 65_000, connections: 500 };
/** The settings of the published figures that the table shows for comparison. */
const tableDefaults = { seats: 78_000, connections: 1_000 };

const most = { seats: 200_000, buyers: 500_000, duplicates: 1_000, connections: 5_000, seed: 2 ** 32 - 1 };

const count = (number: number) => number.toLocaleString('en-US');

const newSaleCommand = () =>
  newCommand(
    'flash-sale',
    'Opens a new event, lets a crowd of buyers in, shows the sale in progress, and checks every answer. Uses the system that ' +
      '"npm start" runs, or starts one and stops it afterwards. Exit status 1: the result was wrong, or the sale failed.',
  );

type Given = Partial<Record<'seats' | 'buyers' | 'duplicates' | 'connections' | 'seed', number>> &
  Partial<Record<'best' | 'table' | 'yes', true>>;

/** Parses the command line. For --help or invalid options, prints a message and exits, unless `command` overrides that. */
export function readOptions(args: string[], command = newSaleCommand()): Wanted {
  const given = command
    .option(
      '--seats <count>',
      `number of seats (default: ${count(defaults.seats)}; with --table: ${count(tableDefaults.seats)})`,
      integer(1, most.seats),
    )
    .addOption(
      new Option(
        '--buyers <count>',
        `number of buyers; each makes one attempt (default: 1.3 per seat, ${count(defaults.buyers)})`,
      )
        .argParser(integer(1, most.buyers))
        .conflicts('duplicates'),
    )
    .option(
      '--duplicates <percent>',
      'instead of --buyers: attempts beyond one per seat, as a percentage of the seats',
      integer(0, most.duplicates),
    )
    .option('--best', 'each buyer takes the best seat left in a zone, instead of choosing a seat')
    .option(
      '--connections <count>',
      `number of concurrent requests (default: ${defaults.connections}; with --table: ${count(tableDefaults.connections)})`,
      integer(1, most.connections),
    )
    .option('--seed <number>', 'repeat the crowd of an earlier sale (default: random)', integer(0, most.seed))
    .addOption(
      new Option(
        '--table',
        'hold six sales, with 10, 30, 50, 70, 90 and 110 % duplicate attempts, and show them beside published figures',
      ).conflicts(['buyers', 'duplicates']),
    )
    .option('--yes', 'start without waiting for Enter, as when no terminal is attached')
    .parse(args, { from: 'user' })
    .opts<Given>();
  const { table, duplicates, buyers, yes, seed = newSeed(), best = false, ...size } = given;
  if (table) return { kind: 'table', isWatched: false, options: { ...tableDefaults, ...size, seed, best } };
  const { seats, connections } = { ...defaults, ...size };
  const attempts = buyers ?? attemptsWith(seats, duplicates ?? (100 * (defaults.buyers - defaults.seats)) / defaults.seats);
  if (attempts > most.buyers) command.error(`error: that would be ${attempts} buyers; the maximum is ${most.buyers}`);
  return { kind: 'sale', isWatched: !yes, options: { seats, buyers: attempts, connections, seed, best } };
}
