import { describe, expect, it } from 'vitest';
import { describeOnSale, parseOnSaleTime } from './on-sale-time.ts';

const nowMs = Date.UTC(2026, 10, 29, 4, 30);

describe('the time at which an event goes on sale', () => {
  it.each([
    ['2026-12-01T10:00:00+01:00', Date.UTC(2026, 11, 1, 9), 60],
    ['2026-12-01T09:00:00Z', Date.UTC(2026, 11, 1, 9), 0],
    ['2026-12-01T09:00Z', Date.UTC(2026, 11, 1, 9), 0],
    ['2026-12-01T09:00:00.250-03:30', Date.UTC(2026, 11, 1, 12, 30, 0, 250), -210],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29), 0],
    ['2000-01-01T00:00:00+14:00', Date.UTC(1999, 11, 31, 10), 840],
    ['2031-12-31T23:59:59-12:00', Date.UTC(2032, 0, 1, 11, 59, 59), -720],
  ])('%s is parsed with its offset', (text, ms, offsetMinutes) => {
    expect(parseOnSaleTime(text, nowMs)).toEqual({ ms, offsetMinutes });
  });

  it.each([
    ['2027-02-30T10:00:00Z', '2027-02 has 28 days'],
    ['2027-02-29T10:00:00Z', '2027-02 has 28 days'],
    ['2027-04-31T10:00:00Z', '2027-04 has 30 days'],
    ['2027-01-00T10:00:00Z', 'has day 00'],
    ['2027-13-01T10:00:00Z', 'has month 13, but a year has 12 months'],
    ['2027-00-01T10:00:00Z', 'has month 00'],
    ['2027-01-01T24:61:00Z', 'a day ends at 23:59:59'],
    ['2027-01-01T24:00:00Z', 'a day ends at 23:59:59'],
    ['2016-12-31T23:59:60Z', 'a day ends at 23:59:59'],
    ['2027-01-01T10:00:00+14:30', 'from -12:00 to +14:00'],
    ['2027-01-01T10:00:00-12:01', 'from -12:00 to +14:00'],
    ['2027-01-01T10:00:00+01:60', 'from -12:00 to +14:00'],
    ['1999-12-31T10:00:00Z', 'in the years 2000 to 2031'],
    ['2032-01-01T10:00:00Z', 'in the years 2000 to 2031'],
    ['9999-12-31T10:00:00Z', 'in the years 2000 to 2031'],
    ['2027-01-01', 'such as 2026-12-01T10:00:00+01:00'],
    ['2027-01-01T10:00:00', 'with its UTC offset'],
    ['2027-01-01 10:00:00Z', 'such as'],
    ['1 Jan 2027 10:00 UTC', 'such as'],
    ['2027-1-1T10:00:00Z', 'such as'],
    ['', 'such as'],
  ])('%s is rejected with the reason', (text, why) => {
    expect(parseOnSaleTime(text, nowMs)).toEqual({ fault: expect.stringContaining(why) });
  });

  it.each([
    [Date.UTC(2026, 11, 1, 9), 60, 'opens Tue 1 Dec 2026 10:00 +01:00, in 2 d 4 h'],
    [Date.UTC(2026, 11, 1, 9), 0, 'opens Tue 1 Dec 2026 09:00 UTC, in 2 d 4 h'],
    [Date.UTC(2026, 11, 1, 2), -210, 'opens Mon 30 Nov 2026 22:30 -03:30, in 1 d 21 h'],
    [Date.UTC(2026, 10, 29, 6), 0, 'opens Sun 29 Nov 2026 06:00 UTC, in 1 h 30 min'],
    [Date.UTC(2026, 10, 30, 4, 30), 0, 'opens Mon 30 Nov 2026 04:30 UTC, in 1 d'],
    [Date.UTC(2026, 10, 29, 4, 30, 12), 0, 'opens Sun 29 Nov 2026 04:30:12 UTC, in 12 s'],
    [nowMs + 1, 0, 'opens Sun 29 Nov 2026 04:30 UTC, in 1 s'],
    [nowMs, 0, 'ON SALE NOW, since Sun 29 Nov 2026 04:30 UTC'],
    [Date.UTC(2026, 0, 1), 120, 'ON SALE NOW, since Thu 1 Jan 2026 02:00 +02:00'],
  ])('%i (offset %i) is described as "%s"', (ms, offsetMinutes, text) => {
    expect(describeOnSale(ms, nowMs, offsetMinutes)).toBe(text);
  });
});
