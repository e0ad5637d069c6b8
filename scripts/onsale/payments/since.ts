import { InvalidArgumentError } from 'commander';

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses an option's value: how long ago, such as 90m, 6h or 7d, or a time with its zone. Returns the time in milliseconds. */
export function sinceTime(text: string, nowMs = Date.now()): number {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * unitMs[unit as keyof typeof unitMs];
  const ms = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms) && ms < nowMs) return ms;
  throw new InvalidArgumentError('It must be a time in the past, such as 6h, 7d, 2026-12-31 or 2026-12-31T20:00:00Z.');
}
