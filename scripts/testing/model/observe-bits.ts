import { bitInZone, bytesPerRow } from '../../../services/shared/inventory/zone-layout.ts';
import { type Place, placesOf, seatName } from './places.ts';
import { Illegal, requireSame } from './same.ts';
import { blockedIn, type Model, type Owned } from './state.ts';

type Bits = { inventory: Record<string, string>; taken: Buffer; blocked: Buffer };

type Block = { firstByte: number; bytes: number; rows: number; columns: number };

/** Where a zone's seats are in the bitmaps. */
export function blockOf(fields: Record<string, string>, zoneId: number): Block {
  const { firstByte = 0, rows = 0, columns = 0 } = JSON.parse(fields[`zone:${zoneId}`] ?? '{}') as Partial<Block>;
  return { firstByte, bytes: rows * bytesPerRow(columns), rows, columns };
}

/**
 * Compares both bitmaps with the model: taken are the seats of these tickets, blocked seats, and positions without a seat. Throws
 * Illegal if they differ.
 */
export function requireBits(model: Model, tickets: Owned[], { inventory, taken, blocked }: Bits): void {
  const places = placesOf(model.inventory);
  const seated = tickets.filter(({ row }) => row !== undefined);
  const names = new Map<string, Owned>();
  for (const ticket of seated) {
    const name = seatName(ticket);
    if (names.has(name) || model.blocked.has(name)) throw new Illegal(`seat ${name} is taken twice`);
    if (!places.byName.has(name)) throw new Illegal(`there is no seat ${name}`);
    names.set(name, ticket);
  }
  for (const { zoneId } of model.inventory.zones) {
    const block = blockOf(inventory, zoneId);
    const { firstByte, bytes } = block;
    const blockedHere = blockedIn(model, zoneId);
    const takenHere = places.inZone(zoneId).filter(({ seat }) => names.has(seatName(seat)));
    const all = [...takenHere, ...blockedHere, ...gapsOf(block, places.inZone(zoneId))];
    requireSame(`taken seats of zone ${zoneId}`, hexOf(taken, firstByte, bytes), bitmapOf(block, all));
    requireSame(`blocked seats of zone ${zoneId}`, hexOf(blocked, firstByte, bytes), bitmapOf(block, blockedHere));
  }
}

type Position = Pick<Place, 'row' | 'column'>;

function gapsOf({ rows, columns }: Block, places: Place[]): Position[] {
  const seats = new Set(places.map(({ row, column }) => `${row}/${column}`));
  return Array.from({ length: rows * columns }, (_, at) => ({
    row: Math.floor(at / columns) + 1,
    column: (at % columns) + 1,
  })).filter(({ row, column }) => !seats.has(`${row}/${column}`));
}

const hexOf = (bits: Buffer, firstByte: number, bytes: number) =>
  bits
    .subarray(firstByte, firstByte + bytes)
    .toString('hex')
    .padEnd(2 * bytes, '0');

function bitmapOf({ columns, bytes: length }: Block, positions: Position[]): string {
  const bytes = Buffer.alloc(length);
  for (const position of positions) {
    const bit = bitInZone({ columns }, position);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (128 >> (bit & 7));
  }
  return bytes.toString('hex');
}
