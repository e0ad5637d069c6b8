import type { FastifySchema } from 'fastify';

/** An option of a body's or of the headers' schema: another schema to show in the API's document instead of the one that validates. */
export const documentedAs = 'x-documented-as';

/** A route's schema as the API's document should show it. */
export function documentedSchema(schema: FastifySchema): FastifySchema {
  const documented = (part: unknown) => (part as { [documentedAs]?: object } | undefined)?.[documentedAs];
  const [body, headers] = [documented(schema?.body), documented(schema?.headers)];
  return { ...schema, ...(body && { body }), ...(headers && { headers }) };
}
