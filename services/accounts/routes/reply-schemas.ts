import { Type } from 'typebox';

/** A JSON response for a route's schema. */
export const json = <Schema extends object>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A response without a body. */
export const empty = (description: string) => Type.Unsafe<undefined>({ type: 'null', description });
