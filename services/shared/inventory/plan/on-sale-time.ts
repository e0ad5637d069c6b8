/** An instant, and the offset from UTC in which it was written. */
type WrittenTime = { ms: number; offsetMinutes: number };

const firstYear = 2000;
/** Tickets go on sale up to two years ahead; more than this is a typing error. */
const yearsAhead = 5;
/** The UTC offsets in use, in minutes: from Baker Island to Kiribati. */
const [leastOffset, greatestOffset] = [-12 * 60, 14 * 60];

const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|([+-]\d\d):(\d\d))$/;

/** Parses a date and time with its UTC offset (RFC 3339; seconds are optional, leap seconds unknown), or returns what is wrong. */
export function parseOnSaleTime(text: string, nowMs: number): WrittenTime | { fault: string } {
  const match = form.exec(text);
  if (!match) return { fault: 'must be a date and time with its UTC offset, such as 2026-12-01T10:00:00+01:00' };
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12) return { fault: `has month ${match[2]}, but a year has 12 months` };
  if (day < 1 || day > lastDay) return { fault: `has day ${match[3]}, but ${match[1]}-${match[2]} has ${lastDay} days` };
  if (hour > 23 || minute > 59 || second > 59) {
    return { fault: 'has a time that does not exist: a day ends at 23:59:59' };
  }
  const [hours = '+00', minutes = '00'] = match.slice(7);
  const offsetMinutes = Number(hours) * 60 + Number(minutes) * (hours.startsWith('-') ? -1 : 1);
  if (Number(minutes) > 59 || offsetMinutes < leastOffset || offsetMinutes > greatestOffset) {
    return { fault: 'has a UTC offset that does not exist: they range from -12:00 to +14:00' };
  }
  const lastYear = new Date(nowMs).getUTCFullYear() + yearsAhead;
  if (year < firstYear || year > lastYear) return { fault: `must be in the years ${firstYear} to ${lastYear}` };
  return { ms: Date.parse(text), offsetMinutes };
}

/** "ON SALE NOW, since Tue 1 Dec 2026 10:00 +01:00", or "opens Tue 1 Dec 2026 10:00 +01:00, in 2 d 4 h". */
export function describeOnSale(onSaleAtMs: number, nowMs: number, offsetMinutes = 0): string {
  const when = dateText(onSaleAtMs, offsetMinutes);
  return onSaleAtMs <= nowMs ? `ON SALE NOW, since ${when}` : `opens ${when}, in ${durationText(onSaleAtMs - nowMs)}`;
}

/** "Tue 1 Dec 2026 10:00 +01:00", with seconds unless they are zero. */
export function dateText(ms: number, offsetMinutes = 0): string {
  const local = new Date(ms + offsetMinutes * 60_000);
  const [weekday, day, month, year, time = ''] = local.toUTCString().replace(',', '').split(' ');
  const clock = time.endsWith(':00') ? time.slice(0, -3) : time;
  return `${weekday} ${Number(day)} ${month} ${year} ${clock} ${offsetText(offsetMinutes)}`;
}

function offsetText(minutes: number): string {
  if (minutes === 0) return 'UTC';
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
