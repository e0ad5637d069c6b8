import { expect } from 'vitest';

/** Matchers for values in a response that are not known beforehand. */
export const aUuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
export const aToken = expect.stringMatching(/^[A-Za-z0-9_-]{22}$/);
export const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
