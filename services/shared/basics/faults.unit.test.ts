import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { listFaults } from './faults.ts';
import { patterned } from './patterned.ts';

const Seat = Type.Object(
  {
    row: patterned('^[A-Z]$', 'must be a capital letter'),
    column: Type.Union([Type.String({ pattern: '^[1-9]$' }), Type.Integer({ minimum: 1 })]),
  },
  { additionalProperties: false },
);

const faultsOf = (schema: TSchema, value: unknown) =>
  listFaults(Value.Errors(schema, value)).toSorted((a, b) => (a.pointer < b.pointer ? -1 : 1));

describe('the faults of a value', () => {
  it('are none if it is valid', () => {
    expect(faultsOf(Seat, { row: 'A', column: 1 })).toEqual([]);
  });

  it('name each missing and each unknown field by its own pointer', () => {
    expect(faultsOf(Seat, { colour: 'red', size: 1 })).toEqual([
      { pointer: '/colour', detail: 'is not a known field' },
      { pointer: '/column', detail: 'is missing' },
      { pointer: '/row', detail: 'is missing' },
      { pointer: '/size', detail: 'is not a known field' },
    ]);
  });

  it('are one for each place, with alternatives joined', () => {
    expect(faultsOf(Seat, { row: 'A', column: 0 })).toEqual([
      { pointer: '/column', detail: 'must be a string, or must be at least 1' },
    ]);
    expect(faultsOf(Seat, { row: 'A', column: null })).toEqual([
      { pointer: '/column', detail: 'must be a string, or must be an integer' },
    ]);
  });

  it('point into nested values, and at the whole value with an empty pointer', () => {
    const seats = Type.Object({ seats: Type.Array(Seat) });
    expect(
      faultsOf(seats, {
        seats: [
          { row: 'A', column: 1 },
          { row: 'a', column: 1 },
        ],
      }),
    ).toEqual([{ pointer: '/seats/1/row', detail: 'must be a capital letter' }]);
    expect(faultsOf(seats, [])).toContainEqual({ pointer: '', detail: 'must be an object' });
  });

  it('in a number or a list are those of the items, if it is a list', () => {
    const rows = Type.Object({ rows: Type.Union([Type.Integer({ minimum: 1 }), Type.Array(Seat)]) });
    expect(faultsOf(rows, { rows: [{ row: 'a', column: 1 }, { row: 'A', column: 1 }, { column: 1 }] })).toEqual([
      { pointer: '/rows/0/row', detail: 'must be a capital letter' },
      { pointer: '/rows/2/row', detail: 'is missing' },
    ]);
    expect(faultsOf(rows, { rows: 'A' })).toEqual([{ pointer: '/rows', detail: 'must be an integer, or must be a list' }]);
  });

  it.each<[TSchema, unknown, string]>([
    [patterned('^[0-9]+x$', 'must be digits, and an x'), 'x', 'must be digits, and an x'],
    // Even a pattern without a sentence does not show its regular expression.
    [Type.String({ pattern: '^[a-z]{7,}$' }), 'x', 'has an invalid format'],
    [Type.Enum(['red', 'green']), 'blue', 'must be one of red, green'],
    [Type.Literal('1.0'), '2.0', 'must be 1.0'],
    [Type.Integer({ maximum: 9 }), 10, 'must be at most 9'],
    [Type.String({ minLength: 1 }), '', 'must have at least 1 character'],
    [Type.String({ maxLength: 2 }), 'abc', 'must have at most 2 characters'],
    [Type.Array(Type.Null(), { minItems: 1 }), [], 'must have at least 1 item'],
    [Type.Array(Type.Null(), { maxItems: 2 }), [null, null, null], 'must have at most 2 items'],
    [Type.Unsafe({ type: ['string', 'null'] }), 1, 'must be a string or null'],
    [Type.Boolean(), 'yes', 'must be true or false'],
  ])('say what to write instead: %j, not %j', (schema, value, detail) => {
    expect(faultsOf(schema, value)).toEqual([{ pointer: '', detail }]);
  });

  it.each([
    ['a/b', '/a~1b'],
    ['a~b', '/a~0b'],
    ['~1', '/~01'],
    ['__proto__x', '/__proto__x'],
  ])('escape the field name "%s" as RFC 6901 requires', (name, pointer) => {
    expect(faultsOf(Seat, { row: 'A', column: 1, [name]: 0 })).toEqual([{ pointer, detail: 'is not a known field' }]);
  });

  it('are complete if a dozen fields are wrong', () => {
    const names = Array.from({ length: 12 }, (_, at) => `FIELD_${at}`);
    const schema = Type.Object(Object.fromEntries(names.map((name) => [name, Type.Integer()])));
    const wrong = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(faultsOf(schema, wrong).map(({ pointer }) => pointer)).toEqual(names.map((name) => `/${name}`).toSorted());
  });

  it('are limited in number', () => {
    const junk = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`field${at}`, at]));
    expect(faultsOf(Seat, junk)).toHaveLength(20);
  });
});
