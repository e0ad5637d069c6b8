import { Command, InvalidArgumentError } from 'commander';

/**
 * A script of package.json as a command: --help shows how to call it, and unknown options and surplus arguments are refused with
 * exit status 1. Parse it before anything else is done.
 */
export function newCommand(name: string, description: string): Command {
  const call = name === 'start' ? 'npm start' : `npm run ${name}`;
  return new Command(`${call} --`)
    .description(description)
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError(`To see how to call it: ${call} -- --help`);
}

/** Parses an option's value; refuses all but a whole number in this range. */
export const integer = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
};

/** Parses an option's value; refuses all but an http or https URL. */
export function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be a URL that begins with http:// or https://.');
}

/** A seed for a run that was given none, short enough to type. */
export const newSeed = () => Math.floor(Math.random() * 1e6);
