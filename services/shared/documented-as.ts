import type { FastifySchema } from 'fastify';

/** An option of a body's schema: another schema to show in the API's document instead of the one that validates. */
export const documentedAs = 'x-documented-as';

/** A route's schema as the API's document should show it. */
export function documentedSchema(schema: FastifySchema): FastifySchema {
  const documented = (schema?.body as { [documentedAs]?: object } | undefined)?.[documentedAs];
  return documented ? { ...schema, body: documented } : schema;
}
