import { type Command, InvalidArgumentError } from 'commander';
import { countOf } from '../../services/shared/basics/text.ts';
import type { BlockableSeat } from '../../services/shared/inventory/block-seats.ts';
import { parseLabels } from '../../services/shared/inventory/plan/label-list.ts';
import { seatLabelOf } from '../../services/shared/terms/seat-label.ts';
import type { Organiser } from './organiser.ts';
import { withOrganiser } from './with-organiser.ts';

/** More than any row has. */
const bounds = { most: 10_000, length: 8 };

/** Adds the commands `block` and `unblock`. */
export function registerBlockCommands(program: Command): void {
  describe(program.command('block'), true, 'take free seats of a row out of the sale; only the box office can sell them then');
  describe(program.command('unblock'), false, 'put blocked seats of a row back on sale');
}

function describe(command: Command, isBlocked: boolean, description: string): void {
  command
    .argument('<eventId>')
    .argument('<zoneId>', 'the number of the zone', parseZoneId)
    .argument('<row>', "the row's label")
    .argument('<seats>', 'the labels of the seats, such as "1-4 7" or "21-1/2"', parseSeats)
    .description(description)
    .action(async (eventId: string, zoneId: number, row: string, labels: string[]) => {
      const seats = labels.map((label) => ({ zoneId, row, column: seatLabelOf(label) }));
      console.log(await withOrganiser(command, ['db', 'redis'], (organiser) => blockRow(organiser, eventId, seats, isBlocked)));
    });
}

/** Blocks or frees seats of one row. Returns what was done in one line. Throws if it is refused; then nothing was changed. */
export async function blockRow(
  organiser: Organiser,
  eventId: string,
  seats: BlockableSeat[],
  isBlocked: boolean,
): Promise<string> {
  const outcome = await organiser.changeBlocked(eventId, seats, isBlocked);
  if ('refused' in outcome) throw new Error(`Refused; nothing was changed: ${outcome.refused}`);
  const others = seats.length - outcome.count;
  const before = others > 0 ? ` (${others} already ${others === 1 ? 'was' : 'were'})` : '';
  return `${countOf(outcome.count, 'seat')} ${isBlocked ? 'blocked' : 'back on sale'}${before}`;
}

function parseZoneId(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 100000.');
  return Number(text);
}

function parseSeats(text: string): string[] {
  const read = parseLabels(text, bounds);
  if ('fault' in read) throw new InvalidArgumentError(`It ${read.fault}.`);
  return read.labels;
}
