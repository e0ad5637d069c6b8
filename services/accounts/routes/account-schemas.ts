import { Type } from 'typebox';
import { patterned } from '../../shared/basics/patterned.ts';
import { planNames, roles, scopes } from '../../shared/identity/principal.ts';
import { oneTimePattern } from '../one-time/one-time-tokens.ts';

/** One line of text that neither begins nor ends with a space. */
const line = (description: string, examples: string[]) =>
  patterned(
    '^(?! )[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]{1,100}(?<! )$',
    'must be 1 to 100 characters in one line, and neither begin nor end with a space',
    { description, examples },
  );

export const PersonName = line("A person's name, as it should be shown", ['Ana Novak']);
export const OrganiserName = line("An organiser's name", ['City Theatre']);
export const KeyName = line('What a key is for', ['Box office till 2']);

export const OneTimeToken = patterned(oneTimePattern, 'must be the token of a link from a mail: 43 characters', {
  description: 'The token of a link from a mail; good once',
});

export const Roles = Type.Array(Type.Enum([...roles]), {
  minItems: 1,
  maxItems: roles.length,
  description: 'What a member may do',
});
export const Scopes = Type.Array(Type.Enum([...scopes]), {
  minItems: 1,
  maxItems: scopes.length,
  description: 'What a key may do',
});
export const Plan = Type.Enum([...planNames], { description: 'How many requests a key may send' });
