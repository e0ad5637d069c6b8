import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { listFaults } from './faults.ts';

const Seat = Type.Object(
  {
    row: Type.String({ pattern: '^[A-Z]$' }),
    column: Type.Union([Type.String({ pattern: '^[1-9]$' }), Type.Integer({ minimum: 1 })]),
  },
  { additionalProperties: false },
);

const faultsOf = (schema: TSchema, value: unknown) =>
  listFaults(Value.Errors(schema, value)).toSorted((a, b) => (a.pointer < b.pointer ? -1 : 1));

describe('the faults of a value', () => {
  it('are none where it is valid', () => {
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

  it('are one for each place, the alternatives joined', () => {
    expect(faultsOf(Seat, { row: 'A', column: 0 })).toEqual([{ pointer: '/column', detail: 'must be string, or must be >= 1' }]);
    expect(faultsOf(Seat, { row: 'A', column: null })).toEqual([
      { pointer: '/column', detail: 'must be string, or must be integer' },
    ]);
  });

  it('point into nested values, and at the whole with an empty pointer', () => {
    const seats = Type.Object({ seats: Type.Array(Seat) });
    expect(
      faultsOf(seats, {
        seats: [
          { row: 'A', column: 1 },
          { row: 'a', column: 1 },
        ],
      }),
    ).toEqual([{ pointer: '/seats/1/row', detail: 'must match pattern "^[A-Z]$"' }]);
    expect(faultsOf(seats, [])).toContainEqual({ pointer: '', detail: 'must be object' });
  });

  it.each([
    ['a/b', '/a~1b'],
    ['a~b', '/a~0b'],
    ['~1', '/~01'],
    ['__proto__x', '/__proto__x'],
  ])('escape the field name "%s" as RFC 6901 says', (name, pointer) => {
    expect(faultsOf(Seat, { row: 'A', column: 1, [name]: 0 })).toEqual([{ pointer, detail: 'is not a known field' }]);
  });

  it('are all there, when a dozen fields are wrong at once', () => {
    const names = Array.from({ length: 12 }, (_, at) => `FIELD_${at}`);
    const schema = Type.Object(Object.fromEntries(names.map((name) => [name, Type.Integer()])));
    const wrong = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(faultsOf(schema, wrong).map(({ pointer }) => pointer)).toEqual(names.map((name) => `/${name}`).toSorted());
  });

  it('are bounded, however many there are', () => {
    const junk = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`field${at}`, at]));
    expect(faultsOf(Seat, junk)).toHaveLength(20);
  });
});
