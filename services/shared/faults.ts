import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import { sentenceOf } from './patterned.ts';

/** One thing wrong with a value: where (a JSON Pointer, RFC 6901, "" for the whole) and what. */
export type Fault = { pointer: string; detail: string };

type SchemaError = Pick<TLocalizedValidationError, 'keyword' | 'instancePath' | 'message'> & { params: object };

const maxFaults = 20;
// One place may have several errors, and TypeBox by itself looks no further than its eighth.
Settings.Set({ maxErrors: 5 * maxFaults });

/** What a schema check found, one fault per place: missing and unknown fields are named, alternatives are joined. */
export function listFaults(errors: readonly SchemaError[]): Fault[] {
  const details = new Map<string, Set<string>>();
  const add = (pointer: string, detail: string) => {
    const known = details.get(pointer);
    if (known) known.add(detail);
    else if (details.size < maxFaults) details.set(pointer, new Set([detail]));
  };
  for (const { keyword, instancePath, message, params } of errors) {
    const { requiredProperties } = params as Record<string, string[] | undefined>;
    if (keyword === 'required') for (const name of requiredProperties ?? []) add(`${instancePath}/${name}`, 'is missing');
    // The schema `false`, which every unknown field has; `additionalProperties` sums them up without escaping their names.
    else if (keyword === 'boolean') add(instancePath, 'is not a known field');
    else if (keyword !== 'additionalProperties' && keyword !== 'anyOf') add(instancePath, plainly(keyword, params) ?? message);
  }
  return [...details].map(([pointer, messages]) => ({ pointer, detail: [...messages].join(', or ') }));
}

const typeNames = new Map([
  ['string', 'a string'],
  ['integer', 'an integer'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
  ['object', 'an object'],
  ['array', 'a list'],
]);

/** What to write instead, where TypeBox speaks of schemas. */
function plainly(keyword: string, params: object): string | undefined {
  const { pattern, type, allowedValues, allowedValue, limit } = params as Record<string, unknown>;
  const count = (word: string) => `${limit} ${word}${limit === 1 ? '' : 's'}`;
  switch (keyword) {
    case 'pattern':
      return sentenceOf(String(pattern)) ?? 'has a form that is not allowed';
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
