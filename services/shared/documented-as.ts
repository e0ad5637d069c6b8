import type { FastifySchema } from 'fastify';

/** The option of a body's schema that says how the API's document shows it, if not by the schema that checks it. */
export const documentedAs = 'x-documented-as';

/** A route's schema as the API's document shows it. */
export function documentedSchema(schema: FastifySchema): FastifySchema {
  const documented = (schema?.body as { [documentedAs]?: object } | undefined)?.[documentedAs];
  return documented ? { ...schema, body: documented } : schema;
}
