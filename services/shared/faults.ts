import type { TLocalizedValidationError } from 'typebox/error';

/** One thing wrong with a value: where (a JSON Pointer, RFC 6901, "" for the whole) and what. */
export type Fault = { pointer: string; detail: string };

type SchemaError = Pick<TLocalizedValidationError, 'keyword' | 'instancePath' | 'message'> & { params: object };

const maxFaults = 20;

/** What a schema check found, one fault per place: missing and unknown fields are named, alternatives are joined. */
export function listFaults(errors: readonly SchemaError[]): Fault[] {
  const details = new Map<string, Set<string>>();
  const add = (pointer: string, detail: string) => {
    const known = details.get(pointer);
    if (known) known.add(detail);
    else if (details.size < maxFaults) details.set(pointer, new Set([detail]));
  };
  for (const { keyword, instancePath, message, params } of errors) {
    const { requiredProperties, additionalProperties } = params as Record<string, string[] | undefined>;
    if (keyword === 'required') for (const name of requiredProperties ?? []) add(`${instancePath}/${name}`, 'is missing');
    else if (keyword === 'additionalProperties')
      for (const name of additionalProperties ?? []) add(`${instancePath}/${name}`, 'is not a known field');
    else if (keyword !== 'boolean' && keyword !== 'anyOf') add(instancePath, message);
  }
  return [...details].map(([pointer, messages]) => ({ pointer, detail: [...messages].join(', or ') }));
}
