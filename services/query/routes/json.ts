import { type TString, Type } from 'typebox';

const etagHeader = Type.String({ description: 'For If-None-Match: a 304 where nothing has changed' });

/** A JSON answer for a route's schema; all of them have an ETag. */
export const json = <Schema extends object>(schema: Schema, description: string, headers: Record<string, TString> = {}) => ({
  description,
  headers: { ...headers, ETag: etagHeader },
  content: { 'application/json': { schema } },
});
