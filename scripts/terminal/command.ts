import { Command, InvalidArgumentError } from 'commander';

/**
 * A command for a script in package.json, with --help. Unknown options and excess arguments are refused with exit status 1. Call
 * `parse` before doing anything else.
 */
export function newCommand(name: string, description: string): Command {
  const call = name === 'start' ? 'npm start' : `npm run ${name}`;
  return new Command(`${call} --`)
    .description(description)
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError(`For usage, run: ${call} -- --help`);
}

/** Parses an option's value; refuses anything but a whole number in this range. */
export const integer = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
};

/** Parses an option's value; refuses anything but an http or https URL. */
export function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be a URL that starts with http:// or https://.');
}

/** A random seed for a run without one, short enough to type. */
export const newSeed = () => Math.floor(Math.random() * 1e6);
