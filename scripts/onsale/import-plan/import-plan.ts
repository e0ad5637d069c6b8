import { countOf, quoted } from '../../../services/shared/basics/text.ts';
import { type Category, idOf, nameOf, readCategories } from './categories.ts';
import { fileText } from './file-text.ts';
import { makeUnique, readRows } from './labels.ts';
import { noteWhatIsNeverKept } from './note-lost.ts';
import { createNotes, type Notes } from './notes.ts';
import { orderRows, type PlacedRow, type PlanSeat, placeRows, usualStep } from './place-rows.ts';
import { parseSeatingPlan, type SeatingPlan } from './plan-file.ts';
import { mostSeats, rowEntry, type Scale } from './row-entry.ts';

/** What became of a plan: the event file's text, its zones, what could not be kept, and what the file still lacks, each as lines. */
export type Import = { text: string; zones: string[]; lost: string[]; missing: string[] };

type ReadZone = { name: string; rows: PlacedRow[] };

/** Makes an event file of pretix' seating plan. `prices`: amounts by category, by its name or id. Throws if the plan has faults. */
export function importPlan(json: string, prices: ReadonlyMap<string, string> = new Map()): Import {
  const plan = parseSeatingPlan(json);
  const notes = createNotes();
  const categories = readCategories(plan, notes);
  const priceOf = pricesOf([...categories.values()], prices);
  const { zones, step } = readZones(plan, notes);
  const seats = zones.flatMap(({ rows }) => rows.flatMap(({ positions }) => positions.filter((seat) => seat !== undefined)));
  const origin = {
    x: seats.reduce((least, { x }) => Math.min(least, x), Number.POSITIVE_INFINITY),
    y: seats.reduce((least, { y }) => Math.min(least, y), Number.POSITIVE_INFINITY),
  };
  const name = nameOf(plan.name) || 'Imported plan';
  const id = idOf(plan.name, 64) || 'Imported';
  noteWhatIsNeverKept(plan, notes);
  const unpriced = [...categories.values()].filter(({ categoryId }) => !priceOf.has(categoryId));
  return {
    text: fileText({
      venue: { venueId: id, name },
      event: { eventId: id, name },
      categories: Array.from(categories.values(), (category) => ({
        ...category,
        ...(priceOf.has(category.categoryId) && { price: priceOf.get(category.categoryId) }),
      })),
      zones: zones.map((zone, at) => zoneEntry(zone, at + 1, categories, { origin, step })),
    }),
    zones: zones.map(describe),
    lost: notes.lines(),
    missing: [
      'event.onSaleAt and event.currency',
      ...(unpriced.length > 0 ? [`a price for ${unpriced.map(({ categoryId }) => categoryId).join(', ')}`] : []),
    ],
  };
}

/** The plan's zones that have seats, and the usual distance between two seats in the plan's units. */
function readZones({ zones }: SeatingPlan, notes: Notes): { zones: ReadZone[]; step: number } {
  const read = zones.map((zone, at) => ({
    name: nameOf(zone.name ?? '') || `Zone ${at + 1}`,
    rows: orderRows(readRows(zone, at, notes)),
  }));
  const step = usualStep(read.flatMap(({ rows }) => rows));
  const withSeats = read.filter(({ name, rows }) => {
    if (rows.length === 0) notes.add('{} without seats left out', 'zone', name);
    return rows.length > 0;
  });
  return { zones: withSeats.map(({ name, rows }) => ({ name, rows: makeUnique(placeRows(rows, step), name, notes) })), step };
}

function zoneEntry({ name, rows }: ReadZone, zoneId: number, categories: ReadonlyMap<string, Category>, scale: Scale) {
  const idOfSeat = ({ category }: PlanSeat) => categories.get(category)?.categoryId ?? '';
  const category = mostSeats(
    Map.groupBy(
      rows.flatMap(({ positions }) => positions.filter((seat) => seat !== undefined)),
      idOfSeat,
    ),
  );
  return { zoneId, name, category, align: 'left', rows: rows.map((row) => rowEntry(row, idOfSeat, category, scale)) };
}

function describe({ name, rows }: ReadZone, at: number): string {
  const seats = rows.reduce((sum, { positions }) => sum + positions.filter((seat) => seat !== undefined).length, 0);
  const [front, back] = [rows[0]?.label ?? '', rows.at(-1)?.label ?? ''];
  const rings = rows.filter(({ shape }) => shape === 'ring').length;
  const from = rows.length > 1 ? `, from row ${quoted(front)} in front to ${quoted(back)}` : '';
  return `zone ${at + 1} ${quoted(name)}: ${countOf(rows.length, 'row')}${rings > 0 ? ` (${countOf(rings, 'table')})` : ''}, ${countOf(seats, 'seat')}${from}`;
}

function pricesOf(categories: Category[], prices: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const [wanted, price] of prices) {
    const category = categories.find(({ categoryId, name }) => wanted === categoryId || wanted === name);
    if (!category)
      throw new Error(
        `The plan has no category ${quoted(wanted)}; it has ${categories.map(({ name }) => quoted(name)).join(', ')}.`,
      );
    found.set(category.categoryId, price);
  }
  return found;
}
