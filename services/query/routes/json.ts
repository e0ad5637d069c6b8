import { type TString, Type } from 'typebox';

const etagHeader = Type.String({ description: 'Send it as If-None-Match: the reply is 304 if nothing has changed' });

/** A JSON response for a route's schema; every response has an ETag. */
export const json = <Schema extends object>(schema: Schema, description: string, headers: Record<string, TString> = {}) => ({
  description,
  headers: { ...headers, ETag: etagHeader },
  content: { 'application/json': { schema } },
});
