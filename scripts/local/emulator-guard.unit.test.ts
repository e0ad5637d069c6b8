import { expect, it } from 'vitest';
import { refusalOf } from './emulator-guard.ts';

const names = ['127.0.0.1', 'localhost', 'emulator'];
const authorization = 'AWS4-HMAC-SHA256 Credential=local/20261129/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0';
const refusal = (headers: Record<string, string>, path = '/') => refusalOf({ path, headers }, names);

it.each(['127.0.0.1', 'localhost:8566', 'emulator:8566', 'LOCALHOST'])('serves signed requests to %s', (host) => {
  expect(refusal({ host, authorization })).toBeUndefined();
});

it.each<[string, Record<string, string>, string]>([
  ['a web page', { host: 'localhost', authorization, origin: 'http://localhost:8566' }, 'web pages'],
  ["a page's form", { host: 'localhost', origin: 'null', 'sec-fetch-mode': 'navigate' }, 'web pages'],
  ["a page's image", { host: 'localhost', 'sec-fetch-dest': 'image' }, 'web pages'],
  ['an old browser', { host: 'localhost' }, 'signature'],
  ['a simple password', { host: 'localhost', authorization: 'Basic YTpi' }, 'signature'],
  ['a name that leads here', { host: 'rebound.example:8566', authorization }, 'Host'],
  ['a name that begins like ours', { host: 'localhost.rebound.example', authorization }, 'Host'],
  ['no name', { authorization }, 'Host'],
  ['a malformed name', { host: 'a b', authorization }, 'Host'],
])('refuses %s', (_what, headers, reason) => {
  expect(refusal(headers)).toContain(reason);
});

it('reports its health to any program on this machine, but under no other host name', () => {
  expect(refusal({ host: '127.0.0.1:8566', 'sec-fetch-mode': 'cors' }, '/health')).toBeUndefined();
  expect(refusal({ host: 'rebound.example:8566' }, '/health')).toContain('Host');
});
