import { setBit } from '../basics/bits.ts';
import {
  bitInZone,
  bytesPerRow,
  findSeat,
  type Grid,
  type HallRow,
  seatAt,
  type ZoneInventory,
  type ZoneLayout,
} from './zone-layout.ts';

/** Where an inventory's zones are in Redis, and where the next one goes; a new inventory is empty. */
export type Current = { zones: ReadonlyMap<number, ZoneLayout>; nextByte: number; nextRow: number };

/** A range of the bitmap of taken seats. */
type Block = { firstByte: number; bytes: number };

/**
 * A zone whose seats get another block of the bitmap, or lose theirs. Bits are counted from the block's first. `moves`: seats that
 * exist before and after, as runs of neighbours; `gone`: seats that exist only before; `absent`: the new block, with a bit set at each
 * position without a seat.
 */
type BlockChange = {
  zoneId: number;
  from?: Block;
  to?: Block;
  moves: [from: number, to: number, count: number][];
  gone: [from: number, count: number][];
  absent: Buffer;
};

/** An inventory's fields about zones, those with bytes apart, and what happens to seats. */
export type Arrangement = {
  fields: Record<string, string>;
  masks: Record<string, Buffer>;
  changes: BlockChange[];
  /** For each zone that has blocked seats, their bits. */
  blocked: Map<number, Buffer>;
  nextByte: number;
  nextRow: number;
};

/**
 * Gives each zone its place in the bitmap of taken seats and in the memory of the search for the best seats (runsKey). A zone of the
 * same shape stays where it is; another shape gets a new block, because seats are sold meanwhile from the old one.
 */
export function arrangeZones(zones: readonly ZoneInventory[], current: Current): Arrangement {
  const arranged: Arrangement = { fields: {}, masks: {}, changes: [], blocked: new Map(), ...current };
  const kept = new Set(zones.map(({ zoneId }) => zoneId));
  for (const old of current.zones.values()) {
    if (!kept.has(old.zoneId)) noteChange(arranged, old, undefined);
  }
  for (const zone of zones) {
    const old = current.zones.get(zone.zoneId);
    const views = viewsOf(zone);
    let [firstByte, firstRow] = [0, 0];
    if (zone.grid) {
      const isSameShape = old !== undefined && shapeOf(old) === shapeOf(zone);
      if (isSameShape) firstByte = old.firstByte;
      else {
        firstByte = arranged.nextByte;
        arranged.nextByte += bytesOf(zone);
      }
      if (isSameShape && isSearchedAlike(old, zone)) firstRow = old.firstRow;
      else {
        firstRow = arranged.nextRow;
        arranged.nextRow += zone.grid.rows * Math.max(1, views.length);
      }
      if (!isSameShape) noteChange(arranged, old, { ...zone, firstByte, firstRow });
    } else if (old?.grid) noteChange(arranged, old, undefined);
    addFields(arranged, { ...zone, firstByte, firstRow }, views);
  }
  return arranged;
}

const bytesOf = ({ grid }: ZoneInventory) => (grid ? grid.rows * bytesPerRow(grid.columns) : 0);

/** Equal for zones with the same seats at the same positions. */
const shapeOf = ({ grid, rows }: ZoneInventory) =>
  JSON.stringify([grid?.rows, grid?.columns, rows?.map(({ label, seats }) => [label, seats])]);

/** Whether what is remembered about the rows of one zone holds for another of the same shape. */
const isSearchedAlike = (old: ZoneInventory, zone: ZoneInventory) => {
  const searched = ({ grid, rows, categories }: ZoneInventory) =>
    JSON.stringify([grid?.focus, categories?.length, rows?.map(({ categories, kinds }) => [categories, kinds])]);
  return searched(old) === searched(zone);
};

function noteChange({ changes }: Arrangement, old: ZoneLayout | undefined, zone: ZoneLayout | undefined): void {
  const zoneId = old?.zoneId ?? zone?.zoneId ?? 0;
  const blockOf = (layout: ZoneLayout) => ({ firstByte: layout.firstByte, bytes: bytesOf(layout) });
  changes.push({
    zoneId,
    ...(old?.grid && { from: blockOf(old) }),
    ...(zone?.grid && { to: blockOf(zone) }),
    ...movesBetween(old, zone),
    absent: zone ? bitsWhere(zone, (_row, seat) => seat === undefined) : Buffer.alloc(0),
  });
}

/** Follows each seat of one layout to the other, by its name. */
function movesBetween(old: ZoneInventory | undefined, zone: ZoneInventory | undefined): Pick<BlockChange, 'moves' | 'gone'> {
  const moves: BlockChange['moves'] = [];
  const gone: BlockChange['gone'] = [];
  if (!old?.grid) return { moves, gone };
  if (!old.rows && zone?.grid && !zone.rows) return movesOfGrid(old.grid, zone.grid);
  const find = finderIn(zone);
  for (let row = 1; row <= old.grid.rows; row++) {
    for (let column = 1; column <= old.grid.columns; column++) {
      const name = seatAt(old, { row, column });
      if (!name) continue;
      const from = bitInZone(old.grid, { row, column });
      const to = find(name.row, name.column);
      const [lastMove, lastGone] = [moves.at(-1), gone.at(-1)];
      if (to !== undefined) {
        if (lastMove && lastMove[0] + lastMove[2] === from && lastMove[1] + lastMove[2] === to) lastMove[2] += 1;
        else moves.push([from, to, 1]);
      } else if (lastGone && lastGone[0] + lastGone[1] === from) lastGone[1] += 1;
      else gone.push([from, 1]);
    }
  }
  return { moves, gone };
}

/** From grid to grid, whole rows move: a zone may have a million seats. */
function movesOfGrid(old: Grid, grid: Grid): Pick<BlockChange, 'moves' | 'gone'> {
  const moves: BlockChange['moves'] = [];
  const gone: BlockChange['gone'] = [];
  const kept = Math.min(old.columns, grid.columns);
  for (let row = 1; row <= old.rows; row++) {
    const isKept = row <= grid.rows;
    if (isKept) moves.push([bitInZone(old, { row, column: 1 }), bitInZone(grid, { row, column: 1 }), kept]);
    const firstGone = isKept ? kept + 1 : 1;
    if (firstGone <= old.columns) gone.push([bitInZone(old, { row, column: firstGone }), old.columns - firstGone + 1]);
  }
  return { moves, gone };
}

/** A function that finds the bit of a seat in a zone. A hall's seats are looked up in a table, because all of them are asked for. */
function finderIn(zone: ZoneInventory | undefined): (row: string, column: HallRow['seats'][number]) => number | undefined {
  const { grid, rows } = zone ?? {};
  if (!grid) return () => undefined;
  if (!rows) {
    return (row, column) => {
      const found = findSeat({ grid }, { row, column });
      return found && bitInZone(grid, found);
    };
  }
  const table = new Map(
    rows.map(({ label, seats }, at) => [
      label,
      new Map(seats.map((seat, position) => [seat, bitInZone(grid, { row: at + 1, column: position + 1 })])),
    ]),
  );
  return (row, column) => table.get(row)?.get(column);
}

/** Sets the bit of each position that `isSet` says. */
function bitsWhere(
  zone: ZoneInventory,
  isSet: (row: HallRow | undefined, seat: ReturnType<typeof seatAt>, position: number) => boolean,
): Buffer {
  const bits = Buffer.alloc(bytesOf(zone));
  if (!zone.grid || !zone.rows) return bits;
  for (let row = 1; row <= zone.grid.rows; row++) {
    for (let column = 1; column <= zone.grid.columns; column++) {
      if (isSet(zone.rows[row - 1], seatAt(zone, { row, column }), column - 1))
        setBit(bits, bitInZone(zone.grid, { row, column }));
    }
  }
  return bits;
}

const isSpecial = (row: HallRow | undefined, at: number) => (row?.kinds?.[at] ?? '.') !== '.';

/**
 * The views of a zone that its best seats are searched in, each with the positions that it does not show: first all seats that are no
 * wheelchair or companion places, then those of each category. Empty if the zone has only ordinary seats of one category.
 */
function viewsOf(zone: ZoneInventory): Buffer[] {
  const { rows = [], categories = [] } = zone;
  const hasSpecial = rows.some(({ kinds }) => kinds !== undefined);
  const several = categories.length > 1 ? categories : [];
  if (!hasSpecial && several.length === 0) return [];
  const ofCategory = several.map((_, index) =>
    bitsWhere(zone, (row, _seat, at) => isSpecial(row, at) || (row?.categories?.[at] ?? 0) !== index),
  );
  return [bitsWhere(zone, (row, _seat, at) => isSpecial(row, at)), ...ofCategory];
}

function addFields({ fields, masks, blocked }: Arrangement, zone: ZoneLayout, views: Buffer[]): void {
  const { zoneId, grid, rows, capacity, priceMinor, categories, firstByte, firstRow } = zone;
  const { row: focusRow, column: focusColumn } = grid?.focus ?? { row: 0, column: 0 };
  // The order of the fields must not change: the same zone must always be the same text.
  const field = {
    ...{ rows: grid?.rows ?? 0, columns: grid?.columns ?? 0, capacity, priceMinor, firstByte, firstRow, focusRow, focusColumn },
    ...(categories && { categories }),
    ...(rows && { isHall: true }),
    ...(views.length > 0 && { views: views.length }),
  };
  fields[`zone:${zoneId}`] = JSON.stringify(field);
  for (const [view, mask] of views.entries()) masks[`mask:${zoneId}:${view}`] = mask;
  if (rows) {
    fields[`rows:${zoneId}`] = JSON.stringify(rows.map(({ label }) => label));
    for (const [at, { label: _, ...row }] of rows.entries()) fields[`row:${zoneId}:${at + 1}`] = JSON.stringify(row);
    const accessible = accessiblePlaces(zone);
    if (accessible.length > 0) fields[`accessible:${zoneId}`] = JSON.stringify(accessible);
  }
  if (grid && zone.blocked && zone.blocked.length > 0) {
    const bits = Buffer.alloc(bytesOf(zone));
    for (const seat of zone.blocked) {
      const found = findSeat(zone, seat);
      if (found) setBit(bits, bitInZone(grid, found));
    }
    blocked.set(zoneId, bits);
  }
}

/** The runs of wheelchair and companion places, nearest to the focus first: row, first position, and their kinds ("wcw"). */
function accessiblePlaces({ grid, rows = [] }: ZoneInventory): [row: number, first: number, kinds: string][] {
  const runs = rows.flatMap(({ kinds = '' }, at) =>
    [...kinds.matchAll(/[wc]+/g)].map((run): [number, number, string] => [at + 1, run.index + 1, run[0]]),
  );
  const { row = 1, column = 1 } = grid?.focus ?? {};
  const distance = ([ofRow, first, kinds]: (typeof runs)[number]) =>
    Math.hypot(ofRow - row, first + (kinds.length - 1) / 2 - column);
  return runs.toSorted((a, b) => distance(a) - distance(b));
}
