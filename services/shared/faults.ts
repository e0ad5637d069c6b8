import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';

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
    else if (keyword !== 'additionalProperties' && keyword !== 'anyOf') add(instancePath, message);
  }
  return [...details].map(([pointer, messages]) => ({ pointer, detail: [...messages].join(', or ') }));
}
