import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import { sentenceOf } from './patterned.ts';

/** One thing wrong with a value: where (a JSON Pointer, RFC 6901, "" for the whole value) and what. */
export type Fault = { pointer: string; detail: string };

type SchemaError = Pick<TLocalizedValidationError, 'keyword' | 'instancePath' | 'message'> & { params: object };

const maxFaults = 20;
// One place may have several errors, and TypeBox stops at the eighth error by default.
Settings.Set({ maxErrors: 5 * maxFaults });

/** Turns a schema check's errors into one fault per place, at most 20. Missing and unknown fields are named, alternatives joined. */
export function listFaults(errors: readonly SchemaError[]): Fault[] {
  const details = new Map<string, Set<string>>();
  const add = (pointer: string, detail: string) => {
    const known = details.get(pointer);
    if (known) known.add(detail);
    else if (details.size < maxFaults) details.set(pointer, new Set([detail]));
  };
  const hasFaultsInside = new Set(errors.flatMap(ancestorsOf));
  for (const { keyword, instancePath, message, params } of errors) {
    // Of a number or a list with a faulty item, only the item is wrong: not that the list is no number.
    if (keyword === 'type' && hasFaultsInside.has(instancePath)) continue;
    const { requiredProperties } = params as Record<string, string[] | undefined>;
    if (keyword === 'required') for (const name of requiredProperties ?? []) add(`${instancePath}/${name}`, 'is missing');
    // Every unknown field fails the schema `false`. `additionalProperties` lists them all, but does not escape their names.
    else if (keyword === 'boolean') add(instancePath, 'is not a known field');
    else if (keyword !== 'additionalProperties' && keyword !== 'anyOf') add(instancePath, plainly(keyword, params) ?? message);
  }
  return [...details].map(([pointer, messages]) => ({ pointer, detail: [...messages].join(', or ') }));
}

/** The pointers of all values around an error's place: ("/rows/3/seats") → "", "/rows", "/rows/3". */
function ancestorsOf({ keyword, instancePath }: SchemaError): string[] {
  const parts = instancePath.split('/');
  const around = parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
  return keyword === 'required' ? [...around, instancePath] : around;
}

const typeNames = new Map([
  ['string', 'a string'],
  ['integer', 'an integer'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
  ['object', 'an object'],
  ['array', 'a list'],
]);

/** A fault in plain words; undefined if TypeBox's own message is plain enough. */
function plainly(keyword: string, params: object): string | undefined {
  const { pattern, type, allowedValues, allowedValue, limit } = params as Record<string, unknown>;
  const count = (word: string) => `${limit} ${word}${limit === 1 ? '' : 's'}`;
  switch (keyword) {
    case 'pattern':
      return sentenceOf(String(pattern)) ?? 'has an invalid format';
    case 'type':
      return `must be ${[type]
        .flat()
        .map((name) => typeNames.get(String(name)) ?? name)
        .join(' or ')}`;
    case 'enum':
      return `must be one of ${(allowedValues as unknown[]).join(', ')}`;
    case 'const':
      return `must be ${allowedValue}`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'minLength':
      return `must have at least ${count('character')}`;
    case 'maxLength':
      return `must have at most ${count('character')}`;
    case 'minItems':
      return `must have at least ${count('item')}`;
    case 'maxItems':
      return `must have at most ${count('item')}`;
    default:
      return undefined;
  }
}
