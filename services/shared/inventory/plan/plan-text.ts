import { getOrInsertComputed } from '../../basics/get-or-insert.ts';
import { listRanges, rangesOf } from '../../basics/ranges.ts';
import { listWords } from '../../basics/text.ts';
import { formatMoney } from '../../terms/money.ts';
import type { SeatName, ZoneInventory } from '../zone-layout.ts';

/** "zones 1-3, 7 price: …": a line for each text, with the zones that have it. */
export function linesBySubject(notes: { subject: number; text: string }[]): string[] {
  const zonesBy = new Map<string, number[]>();
  for (const { subject, text } of notes) getOrInsertComputed(zonesBy, text, () => []).push(subject);
  return [...zonesBy].map(
    ([text, zoneIds]) => `${zoneIds.length === 1 ? 'zone' : 'zones'} ${listRanges(rangesOf(zoneIds))} ${text}`,
  );
}

/** "rows 1, 2, 5: …": a line for each text, with the rows that have it. */
export function linesByRow(notes: { row: string; text: string }[]): string[] {
  const rowsBy = new Map<string, string[]>();
  for (const { row, text } of notes) getOrInsertComputed(rowsBy, text, () => []).push(row);
  return [...rowsBy].map(([text, rows]) => `${rows.length === 1 ? 'row' : 'rows'} ${listWords(rows)}: ${text}`);
}

/** "A 1, 2, 3; B 7": seats by row. */
export function listSeats(seats: SeatName[]): string {
  const seatsBy = new Map<string, string[]>();
  for (const { row, column } of seats) getOrInsertComputed(seatsBy, row, () => []).push(String(column));
  const rows = [...seatsBy].map(([row, labels]) => `${row} ${listWords(labels)}`);
  return rows.length > 10 ? `${rows.slice(0, 10).join('; ')}; and ${rows.length - 10} more rows` : rows.join('; ');
}

/** "45.00 EUR", or "category A", or "categories A, B". */
export function priceOf({ priceMinor = 0, categories }: ZoneInventory, currency: string): string {
  if (!categories) return `${formatMoney(priceMinor, currency)} ${currency}`;
  return `${categories.length === 1 ? 'category' : 'categories'} ${listWords(categories)}`;
}
