import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Fault } from '../../basics/faults.ts';
import { patterned } from '../../basics/patterned.ts';
import { formatMoney, isCurrency, parseMoney } from '../../terms/money.ts';

/** One line of text. Half of a surrogate pair cannot be stored: MySQL would keep another name, which every run would find changed. */
export const Name = patterned(
  '^(?=.*\\S)[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]*$',
  'must be a line of text, without control characters, and not blank',
  { maxLength: 200 },
);

/** A time of an event, as text. */
export const EventTime = (description: string) => Type.String({ description, examples: ['2026-12-01T10:00:00+01:00'] });

const maxPriceMinor = 1_000_000_000_000;

/** The reading of one event file. Each part of it notes its faults here, so that one error lists them all. */
export type Reading = {
  fault(pointer: string, detail: string): void;
  /** An amount in minor units; 0 if it has a fault, or if there is no valid currency to check it by. */
  amountAt(pointer: string, text: string): number;
  /** A moment in ms since 1970; undefined if it has a fault. */
  timeAt(pointer: string, text: string): number | undefined;
};

export function startReading(faults: Fault[], currency: string | undefined, parseTime: ParseTime): Reading {
  const fault = (pointer: string, detail: string) => void faults.push({ pointer, detail });
  return {
    fault,
    amountAt(pointer, text) {
      if (currency === undefined || !isCurrency(currency)) return 0;
      try {
        const minor = parseMoney(text, currency);
        if (minor <= maxPriceMinor) return Number(minor);
        fault(pointer, `must be at most ${formatMoney(maxPriceMinor, currency)} ${currency}`);
      } catch (error) {
        fault(pointer, (error as Error).message);
      }
      return 0;
    },
    timeAt(pointer, text) {
      const time = parseTime(text);
      if (!('fault' in time)) return time.ms;
      fault(pointer, time.fault);
      return undefined;
    },
  };
}

type ParseTime = (text: string) => { ms: number } | { fault: string };

/** The entries of a list that match a schema, with their places in the list; none if it is no list. */
export function wellFormed<Schema extends TSchema>(list: unknown, schema: Schema, most: number) {
  return (Array.isArray(list) ? list.slice(0, most) : []).flatMap(
    (entry: unknown, at): { at: number; entry: Static<Schema> }[] => (Value.Check(schema, entry) ? [{ at, entry }] : []),
  );
}

/** The ids in a list, also those of entries that are malformed otherwise. */
export const idsIn = (list: unknown, field: string): string[] =>
  (Array.isArray(list) ? list : []).flatMap((entry: unknown) => {
    const id = (Object(entry) as Record<string, unknown>)[field];
    return typeof id === 'string' ? [id] : [];
  });
