import { expect, it } from 'vitest';
import { clientAddressOf, networkOf } from './client-address.ts';

const addressOf = (forwarded: string | undefined, trustedProxies: number, ip = '10.0.0.9') =>
  clientAddressOf({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, ip }, trustedProxies);

it.each([
  ['no proxy is trusted', '203.0.113.1', 0, '10.0.0.9'],
  ['one appended it', '203.0.113.1', 1, '203.0.113.1'],
  ['the client has made up others', '1.1.1.1, 2.2.2.2,203.0.113.1', 1, '203.0.113.1'],
  ['two appended one each', '1.1.1.1, 203.0.113.1, 198.51.100.7', 2, '203.0.113.1'],
  ['there are fewer than trusted proxies', '203.0.113.1', 3, '203.0.113.1'],
  ['there is no header', undefined, 1, '10.0.0.9'],
  ['the header is empty', '', 1, 'unknown'],
  ['it is no address', '203.0.113.1, <script>', 1, 'unknown'],
  ['it has a port', '203.0.113.1:4711', 1, '203.0.113.1'],
  ['it is IPv6 with a port', '[2001:db8::1]:4711', 1, '2001:db8::1'],
  ['it is IPv6 with a zone', 'fe80::1%eth0', 1, 'fe80::1'],
  ['it is IPv4 written as IPv6', '::ffff:203.0.113.1', 1, '203.0.113.1'],
])("a client's address, if %s", (_what, forwarded, trustedProxies, address) => {
  expect(addressOf(forwarded, trustedProxies)).toBe(address);
});

it("a client's address is the connection's without a header, IPv4 also on a socket for both", () => {
  expect(addressOf(undefined, 2, '::ffff:127.0.0.1')).toBe('127.0.0.1');
});

it.each([
  ['203.0.113.1', '203.0.113.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8:1::6', '2001:db8:1:0::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::203.0.113.1', '64:ff9b:0:0::/64'],
  ['unknown', 'unknown'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
