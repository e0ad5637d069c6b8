/** Shown instead of a figure that cannot be read, and the reason. */
export const unknown = '–';
export const unreadable = 'Unavailable right now';

const counts = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const times = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const minutes = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** 1234 → "1,234". */
export const formatCount = (/** @type {number} */ count) => counts.format(count);

/** For an axis: 12345 → "12.3K". */
export const formatCompact = (/** @type {number} */ count) => compact.format(count);

/** A count and its word: (1, 'message') → "1 message". */
export const formatAmount = (/** @type {number} */ count, /** @type {string} */ word) =>
  `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;

/**
 * A decimal with its currency and all of its digits: Intl reads a decimal string exactly, but a Number would round it.
 * @param {string} decimal
 * @param {string} currency
 * @param {string} [locale] the viewer's by default
 */
export function formatMoney(decimal, currency, locale) {
  const digits = decimal.split('.')[1]?.length ?? 0;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(/** @type {`${number}`} */ (decimal));
}

/** Rounded down, so that only a sold-out event shows 100 %: (9999, 10_000) → "99.9 %". */
export function formatPercent(/** @type {number} */ part, /** @type {number} */ whole, digits = 1) {
  if (whole === 0) return unknown;
  const scale = 10 ** digits;
  const percent = Math.floor((part * 100 * scale) / whole) / scale;
  return `${percent === 100 ? 100 : percent.toFixed(digits)} %`;
}

/** A duration or an age: 0.42 → "0.4 s", 75 → "1 min 15 s", 7260 → "2 h 1 min". */
export function formatSeconds(/** @type {number} */ seconds) {
  if (seconds > 0 && seconds < 0.1) return 'under 0.1 s';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return parts(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return parts(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return parts(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

/** @param {number} large @param {string} unit @param {number} small @param {string} smallUnit */
const parts = (large, unit, small, smallUnit) => `${large} ${unit}${small === 0 ? '' : ` ${small} ${smallUnit}`}`;

/** The time left until a start: 3_723_000 ms → "01:02:03", with any days in front. */
export function formatCountdown(/** @type {number} */ ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const days = Math.floor(seconds / 86_400);
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return days === 0 ? clock : `${formatAmount(days, 'day')} ${clock}`;
}

/** A time of day, in the viewer's zone. */
export const formatTime = (/** @type {number} */ ms) => times.format(ms);

/** A time of day for an axis, to the minute. */
export const formatMinute = (/** @type {number} */ ms) => minutes.format(ms);

/** A date and a time, in the viewer's zone. */
export const formatMoment = (/** @type {number} */ ms) => moments.format(ms);
