import { Temporal } from 'temporal-polyfill';

/** An instant, and the offset from UTC in which it was written, or which its time zone had then. */
type EventTime = { ms: number; offsetMinutes: number };

const firstYear = 2000;
/** Tickets go on sale up to two years ahead; more than this is a typing error. */
const yearsAhead = 5;
/** The UTC offsets in use, in minutes: from Baker Island to Kiribati. */
const [leastOffset, greatestOffset] = [-12 * 60, 14 * 60];

const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|([+-]\d\d):(\d\d))?$/;

/** Whether it is the name of an IANA time zone, such as "Europe/Vienna". An offset ("+01:00") is none: it knows no summer. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Parses a date and time (RFC 3339; seconds are optional, leap seconds unknown), or returns what is wrong. It needs its UTC offset,
 * unless the time zone is given: then the offset may be left out if the local time happens exactly once, and must not contradict it.
 */
export function parseEventTime(
  text: string,
  { nowMs, timeZone }: { nowMs: number; timeZone?: string | undefined },
): EventTime | { fault: string } {
  const match = form.exec(text);
  const offset = match?.[7];
  if (!match || (offset === undefined && timeZone === undefined)) {
    const sought =
      timeZone === undefined
        ? 'a date and time with its UTC offset, such as 2026-12-01T10:00:00+01:00'
        : 'a date and time, such as 2026-12-01T10:00';
    return { fault: `must be ${sought}` };
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12) return { fault: `has month ${match[2]}, but a year has 12 months` };
  if (day < 1 || day > lastDay) return { fault: `has day ${match[3]}, but ${match[1]}-${match[2]} has ${lastDay} days` };
  if (hour > 23 || minute > 59 || second > 59) {
    return { fault: 'has a time that does not exist: a day ends at 23:59:59' };
  }
  const lastYear = new Date(nowMs).getUTCFullYear() + yearsAhead;
  if (year < firstYear || year > lastYear) return { fault: `must be in the years ${firstYear} to ${lastYear}` };
  if (offset === undefined) return readLocally(text, timeZone ?? 'UTC');

  const [hours = '+00', minutes = '00'] = match.slice(8);
  const offsetMinutes = Number(hours) * 60 + Number(minutes) * (hours.startsWith('-') ? -1 : 1);
  if (Number(minutes) > 59 || offsetMinutes < leastOffset || offsetMinutes > greatestOffset) {
    return { fault: 'has a UTC offset that does not exist: they range from -12:00 to +14:00' };
  }
  const ms = Date.parse(text);
  const expected = timeZone === undefined ? offsetMinutes : offsetAt(ms, timeZone);
  if (offsetMinutes !== expected) {
    return { fault: `has the UTC offset ${offset}, but ${timeZone} has ${signedOffset(expected)} at that time` };
  }
  return { ms, offsetMinutes };
}

/** The instant at which the clocks of the time zone show this; a fault if they never do, or do so twice. */
function readLocally(text: string, timeZone: string): EventTime | { fault: string } {
  const local = Temporal.PlainDateTime.from(text);
  const readings = (['earlier', 'later'] as const).map((disambiguation) => local.toZonedDateTime(timeZone, { disambiguation }));
  const [earlier, later] = readings;
  if (earlier && later?.equals(earlier)) {
    return { ms: earlier.epochMilliseconds, offsetMinutes: offsetAt(earlier.epochMilliseconds, timeZone) };
  }
  const [first, second] = readings.map((reading) => `${reading.toPlainDateTime()}${reading.offset}`);
  const isTwice = earlier?.toPlainDateTime().equals(local);
  const why = isTwice ? 'happens twice, because the clocks go back' : 'does not exist, because the clocks go forward';
  return { fault: `is a time that ${why} in ${timeZone} then: write ${first} or ${second}` };
}

/** "ON SALE NOW, since Tue 1 Dec 2026 10:00 +01:00", or "opens Tue 1 Dec 2026 10:00 +01:00, in 2 d 4 h". */
export function describeOnSale(onSaleAtMs: number, nowMs: number, zone: string | number = 0): string {
  const when = dateText(onSaleAtMs, zone);
  return onSaleAtMs <= nowMs ? `ON SALE NOW, since ${when}` : `opens ${when}, in ${durationText(onSaleAtMs - nowMs)}`;
}

/** "Tue 1 Dec 2026 10:00 +01:00", with seconds unless they are zero. The zone is an IANA time zone, or an offset from UTC in minutes. */
export function dateText(ms: number, zone: string | number = 0): string {
  const offsetMinutes = typeof zone === 'number' ? zone : offsetAt(ms, zone);
  const local = new Date(ms + offsetMinutes * 60_000);
  const [weekday, day, month, year, time = ''] = local.toUTCString().replace(',', '').split(' ');
  const clock = time.endsWith(':00') ? time.slice(0, -3) : time;
  return `${weekday} ${Number(day)} ${month} ${year} ${clock} ${offsetMinutes === 0 ? 'UTC' : signedOffset(offsetMinutes)}`;
}

/** An instant as an event file has it: "2026-12-01T10:00:00+01:00", with milliseconds unless they are zero. The zone is as for dateText. */
export function isoText(ms: number, zone: string | number = 0): string {
  const offsetMinutes = typeof zone === 'number' ? zone : offsetAt(ms, zone);
  const local = new Date(ms + offsetMinutes * 60_000).toISOString();
  const clock = local.endsWith('.000Z') ? local.slice(0, -5) : local.slice(0, -1);
  return `${clock}${signedOffset(offsetMinutes)}`;
}

/** How many minutes the time zone's clocks are ahead of UTC at an instant. */
function offsetAt(ms: number, timeZone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone).offsetNanoseconds / 60e9;
}

function signedOffset(minutes: number): string {
  const twoDigits = (number: number) => String(number).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

/** The two largest units: "2 d 4 h", "1 h 5 min", "12 s". */
function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  const parts = [
    `${Math.floor(seconds / 86_400)} d`,
    `${Math.floor(seconds / 3_600) % 24} h`,
    `${Math.floor(seconds / 60) % 60} min`,
    `${seconds % 60} s`,
  ];
  const first = parts.findIndex((part) => !part.startsWith('0 '));
  return parts
    .slice(first, first + 2)
    .filter((part) => !part.startsWith('0 '))
    .join(' ');
}
