import { isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';
import { Type } from 'typebox';
import { patterned } from '../basics/patterned.ts';

const most = 254;
const form =
  `^(?=.{3,${most}}$)[^\\s\\p{Cc}\\p{Cs}@"(),:;<>\\[\\]\\\\]{1,64}` +
  '@(localhost|([\\p{L}\\p{N}]([\\p{L}\\p{N}\\p{M}-]{0,62})\\.)+[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M}-]{1,62})$';
const hasForm = new RegExp(form, 'u');
const sentence = `must be an e-mail address of at most ${most} characters, such as ana@example.com`;

/**
 * An e-mail address: one @, a host with a dot or `localhost`, no spaces, controls, quotes or brackets. Whether it exists, only a mail to it
 * shows. At most 254 characters (RFC 5321, errata 1690), also with the host in ASCII.
 */
export const EmailAddress = Type.Refine(
  patterned(form, sentence, { description: 'An e-mail address', examples: ['ana@example.com'] }),
  (text: string) => !hasForm.test(text) || withAsciiHost(text) !== undefined,
  () => sentence,
);

/**
 * An address as it is stored and written to: composed (NFC), its host in ASCII (UTS 46), because a host has many spellings: bücher.example,
 * Ｂücher.example and xn--bcher-kva.example are one. `key` is what addresses are compared by: two people's addresses never differ only in
 * case, so it is all in lower case. Throws if `given` is not an EmailAddress.
 */
export function emailOf(given: string): { email: string; key: string } {
  const email = withAsciiHost(given);
  if (email === undefined) throw new Error('Not an e-mail address');
  return { email, key: email.toLowerCase().normalize('NFC') };
}

/** Undefined if the host has no ASCII form, or is the number of a machine in disguise. */
function withAsciiHost(given: string): string | undefined {
  const composed = given.normalize('NFC');
  const at = composed.lastIndexOf('@');
  const host = domainToASCII(composed.slice(at + 1));
  const email = `${composed.slice(0, at)}@${host}`;
  return hasForm.test(email) && !isIPv4(host) ? email : undefined;
}
