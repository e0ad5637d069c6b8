import type { TObject, TSchema } from 'typebox';
import { Value } from 'typebox/value';

/**
 * Converts texts (from the environment, a query or a path) to the types of a schema if nothing is lost. A text that does not convert
 * stays as it is, for the check to reject. Value.Convert alone reads "8080.5" as 8080 and "true" as 1.
 */
export function convertExactly(schema: TObject | TSchema, given: Record<string, unknown>): Record<string, unknown> {
  const converted = Value.Convert(schema, { ...given }) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name, String(converted[name]) === text ? converted[name] : text]),
  );
}
