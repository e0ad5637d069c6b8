import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { EmailAddress, emailOf } from './email-address.ts';

const schema = Compile(EmailAddress);

it.each([
  'ana@example.com',
  "o'brien+shop@mail.example.co.uk",
  'a@b.co',
  'zoë@bücher.example',
  '用户@例子.广告',
  'admin@localhost',
  'first.last@xn--bcher-kva.example',
])('%j is an address', (text) => {
  expect(schema.Check(text)).toBe(true);
});

it.each([
  '',
  'ana',
  '@example.com',
  'ana@',
  'ana@example',
  'ana@@example.com',
  'ana@exam ple.com',
  'ana @example.com',
  'ana@example.com\n',
  'ana@example.com\r\nBcc: eve@evil.example',
  'Ana <ana@example.com>',
  '"ana"@example.com',
  'a@b.example,c@d.example',
  'ana@-example.com',
  'ana@[127.0.0.1]',
  `${'a'.repeat(65)}@example.com`,
  `a@${'b.'.repeat(125)}example`,
  // Hosts without an ASCII form, with one that is too long, and numbers of machines.
  'ana@\u0627a.example',
  'ana@\u3164.example',
  `ana@${'ã'.repeat(60)}.example`,
  'ana@10.0.0.12',
  'ana@0x7f.0.0.012',
])('%j is none', (text) => {
  expect(schema.Check(text)).toBe(false);
});

describe('addresses are compared', () => {
  it.each([
    ['Ana@Example.COM', 'ana@example.com'],
    ['zoe\u0308@shop.example', 'zoë@shop.example'],
    ['ANA@shop.example', 'ana@SHOP.example'],
    ['ana@ＳＨＯＰ.example', 'ana@shop.example'],
    ['ana@Bücher.example', 'ana@xn--bcher-kva.example'],
    ['ana@bu\u0308cher.example', 'ana@bücher.example'],
    ['ana@ſhop.example', 'ana@shop.example'],
  ])('%j is %j', (one, other) => {
    expect(emailOf(one).key).toBe(emailOf(other).key);
  });

  it('but kept as their owners write them, with the host in ASCII', () => {
    expect(emailOf('Ana.Novak@Shop.Example').email).toBe('Ana.Novak@shop.example');
    expect(emailOf('Zoë@Bücher.Example').email).toBe('Zoë@xn--bcher-kva.example');
  });

  it('and different ones stay different', () => {
    expect(emailOf('ana+1@shop.example').key).not.toBe(emailOf('ana@shop.example').key);
    expect(emailOf('a.na@shop.example').key).not.toBe(emailOf('ana@shop.example').key);
  });
});
