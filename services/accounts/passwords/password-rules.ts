import { Type } from 'typebox';
import { worstPasswords } from './worst-passwords.ts';

const fewest = 10;
const most = 128;

/** The schema of a new password. Its rules are in faultOfPassword, which counts characters as people do. */
export const NewPassword = Type.String({
  // A character is at most two units of JavaScript's.
  maxLength: 2 * most,
  description: `${fewest} to ${most} characters; not the e-mail address, and not one of the most common passwords`,
  examples: ['correct horse battery'],
});

/** The schema of a password that somebody signs in with: any text that a password could be. */
export const GivenPassword = Type.String({ minLength: 1, maxLength: 2 * most, description: 'The password' });

/** Why a password is not accepted ("must …"), or undefined. `email` is the account's address. */
export function faultOfPassword(password: string, email: string): string | undefined {
  const plain = password.normalize('NFC');
  const characters = [...plain];
  if (characters.length < fewest || characters.length > most) return `must be ${fewest} to ${most} characters`;
  if (!plain.isWellFormed()) return 'must be well-formed Unicode';
  const lower = plain.toLowerCase();
  const address = email.toLowerCase();
  if (lower === address || lower === address.split('@')[0]) return 'must not be the e-mail address';
  if (worstPasswords.has(lower) || new Set(characters).size < 4) return 'must not be among the most common passwords';
  return undefined;
}
