import { expect, it } from 'vitest';
import { isOwnOrigin } from './origin.ts';

const authorization = 'Bearer x';

it.each([
  ['the same host', true, { origin: 'https://tickets.example', host: 'tickets.example' }],
  ['the same host and port', true, { origin: 'http://localhost:8000', host: 'localhost:8000' }],
  ["the scheme's default port, named or not", true, { origin: 'https://tickets.example', host: 'tickets.example:443' }],
  ['a host in different case', true, { origin: 'https://tickets.example', host: 'Tickets.Example' }],
  ["a proxy's original host", true, { origin: 'https://a.example', host: 'b', 'x-forwarded-host': 'a.example, c' }],
  ['a program', true, { host: 'tickets.example', authorization }],
  ['another site', false, { origin: 'https://evil.example', host: 'tickets.example' }],
  ['another site, with a token', false, { origin: 'https://evil.example', host: 'tickets.example', authorization }],
  ['a site whose name starts the same', false, { origin: 'https://tickets.example.evil', host: 'tickets.example' }],
  ['a sibling domain', false, { origin: 'https://www.tickets.example', host: 'tickets.example' }],
  ['another port', false, { origin: 'http://localhost:9000', host: 'localhost:8000' }],
  ['a page without an origin', false, { origin: 'null', host: 'null' }],
  ['no host', false, { origin: 'https://tickets.example' }],
  ['a cookie without an origin', false, { host: 'tickets.example', cookie: 'onsale_ops=1' }],
])('%s: %s', (_case, isOwn, headers) => {
  expect(isOwnOrigin(headers)).toBe(isOwn);
});
