import type { TObject, TSchema } from 'typebox';
import { Value } from 'typebox/value';

/**
 * Texts (of the environment, a query, a path) as the types of a schema, where nothing is lost by it; what does not
 * convert stays as it is, for the check to refuse. Value.Convert alone takes "8080.5" for 8080 and "true" for 1.
 */
export function convertExactly(schema: TObject | TSchema, given: Record<string, unknown>): Record<string, unknown> {
  const converted = Value.Convert(schema, { ...given }) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name, String(converted[name]) === text ? converted[name] : text]),
  );
}
