import { readFileSync, writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { importPlan } from './import-plan.ts';

/** Adds the command that makes an event file of a seating plan. */
export function registerImportPlan(program: Command): void {
  program
    .command('import-plan')
    .argument('<file>', "a seating plan, as pretix' editor saves it (JSON)")
    .option('--out <file>', 'write the event file there; it must not exist yet. Otherwise it is printed')
    .option('--price <category=amount>', "a category's price, such as Stalls=45.00; may be repeated", addPrice)
    .description("make an event file of pretix' seating plan, and say what the file could not keep and what it still needs")
    .action((file: string, { out, price }: { out?: string; price?: Map<string, string> }) => {
      const { text, zones, lost, missing } = importPlan(readPlan(file), price);
      if (out === undefined) process.stdout.write(text);
      else writeNew(out, text);
      // Not on standard output, so that the file can be piped on.
      for (const zone of zones) console.error(zone);
      for (const line of lost) console.error(`- ${line}`);
      console.error(`Before "open" can open it, the file needs ${missing.join(', and ')}.`);
    });
}

function readPlan(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`The seating plan cannot be read: ${(error as Error).message}`);
  }
}

/** Never over another file: a person may have completed an earlier import. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    throw new Error(`The event file cannot be written: ${(error as Error).message}`);
  }
}

/** Adds "Stalls=45.00" to the prices; the category's name may have a = itself. */
function addPrice(text: string, prices: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const [, category, amount] = /^(.+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (category === undefined || amount === undefined) {
    throw new InvalidArgumentError('It must be a category and an amount, such as Stalls=45.00.');
  }
  return new Map([...prices, [category, amount]]);
}
