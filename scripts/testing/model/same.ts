import { isDeepStrictEqual } from 'node:util';
import type { Refusal } from '../../../services/shared/inventory/decisions.ts';

/** Thrown when something breaks the rules. */
export class Illegal extends Error {}

/** Throws unless two values are equal, and lists the differences. */
export function requireSame(what: string, found: unknown, expected: unknown): void {
  const faults = differences(what, found, expected);
  if (faults.length > 0) throw new Illegal(faults.join('; '));
}

function differences(path: string, found: unknown, expected: unknown): string[] {
  if (isDeepStrictEqual(found, expected)) return [];
  const isPart = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  const isOther = !isPart(found) || !isPart(expected) || found['kind'] !== expected['kind'] || found['code'] !== expected['code'];
  if (isOther) return [`${path} is ${inShort(found)}, and should be ${inShort(expected)}`];
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])];
  return names.flatMap((name) => differences(`${path}.${name}`, found[name], expected[name]));
}

/** A value as JSON, with orders left out. */
const inShort = (value: unknown) => JSON.stringify(value, (name, part) => (name === 'order' ? '…' : part));

export const refused = (code: Refusal['code'], more: Partial<Refusal> = {}): Refusal => ({
  kind: 'refused',
  code,
  isReplay: false,
  ...more,
});

export const positionsOf = <Wanted>(list: Wanted[], isAtFault: (wanted: Wanted) => boolean) =>
  list.flatMap((wanted, at) => (isAtFault(wanted) ? [at] : []));
