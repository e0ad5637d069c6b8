import { describe, expect, it } from 'vitest';
import { dateText, describeOnSale, isTimeZone, parseEventTime } from './event-time.ts';

const nowMs = Date.UTC(2026, 10, 29, 4, 30);

describe('a time of an event', () => {
  it.each([
    ['2026-12-01T10:00:00+01:00', Date.UTC(2026, 11, 1, 9), 60],
    ['2026-12-01T09:00:00Z', Date.UTC(2026, 11, 1, 9), 0],
    ['2026-12-01T09:00Z', Date.UTC(2026, 11, 1, 9), 0],
    ['2026-12-01T09:00:00.250-03:30', Date.UTC(2026, 11, 1, 12, 30, 0, 250), -210],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29), 0],
    ['2000-01-01T00:00:00+14:00', Date.UTC(1999, 11, 31, 10), 840],
    ['2031-12-31T23:59:59-12:00', Date.UTC(2032, 0, 1, 11, 59, 59), -720],
  ])('%s is parsed with its offset', (text, ms, offsetMinutes) => {
    expect(parseEventTime(text, { nowMs })).toEqual({ ms, offsetMinutes });
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
    expect(parseEventTime(text, { nowMs })).toEqual({ fault: expect.stringContaining(why) });
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

describe('a time of an event at a venue with a time zone', () => {
  it.each([
    ['Europe/Berlin', '2026-12-01T10:00', Date.UTC(2026, 11, 1, 9), 60],
    ['Europe/Berlin', '2027-07-01T10:00:30.5', Date.UTC(2027, 6, 1, 8, 0, 30, 500), 120],
    ['Europe/Berlin', '2026-12-01T10:00+01:00', Date.UTC(2026, 11, 1, 9), 60],
    ['Europe/Berlin', '2027-03-28T01:59:59', Date.UTC(2027, 2, 28, 0, 59, 59), 60],
    ['Europe/Berlin', '2027-03-28T03:00', Date.UTC(2027, 2, 28, 1), 120],
    ['Europe/Berlin', '2027-10-31T01:59:59', Date.UTC(2027, 9, 30, 23, 59, 59), 120],
    ['Europe/Berlin', '2027-10-31T02:30+02:00', Date.UTC(2027, 9, 31, 0, 30), 120],
    ['Europe/Berlin', '2027-10-31T02:30+01:00', Date.UTC(2027, 9, 31, 1, 30), 60],
    ['Europe/Berlin', '2027-10-31T03:00', Date.UTC(2027, 9, 31, 2), 60],
    ['America/New_York', '2027-03-14T01:59', Date.UTC(2027, 2, 14, 6, 59), -300],
    ['America/New_York', '2027-03-14T03:00', Date.UTC(2027, 2, 14, 7), -240],
    ['America/New_York', '2027-11-07T00:59', Date.UTC(2027, 10, 7, 4, 59), -240],
    ['America/New_York', '2027-11-07T02:00', Date.UTC(2027, 10, 7, 7), -300],
    ['Australia/Lord_Howe', '2027-07-01T10:00', Date.UTC(2027, 5, 30, 23, 30), 630],
    ['Australia/Lord_Howe', '2027-01-01T10:00', Date.UTC(2026, 11, 31, 23), 660],
    ['Asia/Kathmandu', '2027-01-01T10:00', Date.UTC(2027, 0, 1, 4, 15), 345],
    ['UTC', '2027-01-01T10:00Z', Date.UTC(2027, 0, 1, 10), 0],
  ])('in %s, %s is one instant', (timeZone, text, ms, offsetMinutes) => {
    expect(parseEventTime(text, { nowMs, timeZone })).toEqual({ ms, offsetMinutes });
  });

  it.each([
    ['Europe/Berlin', '2027-03-28T02:30', '2027-03-28T01:30:00+01:00 or 2027-03-28T03:30:00+02:00'],
    ['America/New_York', '2027-03-14T02:00', '2027-03-14T01:00:00-05:00 or 2027-03-14T03:00:00-04:00'],
    ['Australia/Lord_Howe', '2027-10-03T02:15', '2027-10-03T01:45:00+10:30 or 2027-10-03T02:45:00+11:00'],
  ])('in %s, %s does not exist: the fault offers the times around it', (timeZone, text, readings) => {
    expect(parseEventTime(text, { nowMs, timeZone })).toEqual({
      fault: `is a time that does not exist, because the clocks go forward in ${timeZone} then: write ${readings}`,
    });
  });

  it.each([
    ['Europe/Berlin', '2027-10-31T02:30', '2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00'],
    ['America/New_York', '2027-11-07T01:00', '2027-11-07T01:00:00-04:00 or 2027-11-07T01:00:00-05:00'],
    ['Australia/Lord_Howe', '2027-04-04T01:45', '2027-04-04T01:45:00+11:00 or 2027-04-04T01:45:00+10:30'],
  ])('in %s, %s happens twice: the fault offers both offsets', (timeZone, text, readings) => {
    expect(parseEventTime(text, { nowMs, timeZone })).toEqual({
      fault: `is a time that happens twice, because the clocks go back in ${timeZone} then: write ${readings}`,
    });
  });

  it('is accepted as the faults offer it', () => {
    for (const [timeZone, text] of [
      ['Europe/Berlin', '2027-03-28T02:30'],
      ['America/New_York', '2027-11-07T01:00'],
      ['Australia/Lord_Howe', '2027-04-04T01:45'],
    ] as const) {
      const outcome = parseEventTime(text, { nowMs, timeZone });
      const offered = 'fault' in outcome ? outcome.fault.match(/\d{4}-\S+/g) : null;
      expect(offered).toHaveLength(2);
      for (const reading of offered ?? [])
        expect(parseEventTime(reading, { nowMs, timeZone })).toEqual(parseEventTime(reading, { nowMs }));
    }
  });

  it.each([
    ['2026-12-01T10:00+02:00', 'has the UTC offset +02:00, but Europe/Berlin has +01:00 at that time'],
    ['2027-07-01T10:00+01:00', 'has the UTC offset +01:00, but Europe/Berlin has +02:00 at that time'],
    ['2026-12-01T10:00Z', 'has the UTC offset Z, but Europe/Berlin has +01:00 at that time'],
    ['2027-03-28T02:30+01:00', 'but Europe/Berlin has +02:00'],
    ['2027-02-30T10:00', '2027-02 has 28 days'],
    ['2027-01-01T24:00', 'a day ends at 23:59:59'],
    ['2032-01-01T10:00', 'in the years 2000 to 2031'],
    ['2027-01-01', 'must be a date and time, such as 2026-12-01T10:00'],
  ])('%s in Europe/Berlin is rejected with the reason', (text, why) => {
    expect(parseEventTime(text, { nowMs, timeZone: 'Europe/Berlin' })).toEqual({ fault: expect.stringContaining(why) });
  });

  it.each(['Europe/Vienna', 'America/New_York', 'Australia/Lord_Howe', 'America/Argentina/Buenos_Aires', 'UTC'])(
    'may be in the time zone %s',
    (name) => {
      expect(isTimeZone(name)).toBe(true);
    },
  );

  it.each(['', 'Vienna', 'Europe/Vienna ', '+01:00', '01:00', 'Mars/Olympus'])('cannot be in the time zone "%s"', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });

  it('is shown as the clocks at the venue show it', () => {
    expect(dateText(Date.UTC(2026, 11, 1, 9), 'Europe/Berlin')).toBe('Tue 1 Dec 2026 10:00 +01:00');
    expect(dateText(Date.UTC(2027, 6, 1, 9), 'Europe/Berlin')).toBe('Thu 1 Jul 2027 11:00 +02:00');
    expect(dateText(Date.UTC(2027, 6, 1, 9), 'Australia/Lord_Howe')).toBe('Thu 1 Jul 2027 19:30 +10:30');
    expect(describeOnSale(Date.UTC(2026, 11, 1, 4), nowMs, 'America/New_York')).toBe(
      'opens Mon 30 Nov 2026 23:00 -05:00, in 1 d 23 h',
    );
  });
});
