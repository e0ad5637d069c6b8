import { Value } from 'typebox/value';
import type { Fault } from '../../../services/shared/basics/faults.ts';
import { foldRow } from '../../../services/shared/inventory/zone-layout.ts';
import { Row, SeatText } from '../../../services/shared/terms/identifiers.ts';
import type { Notes } from './notes.ts';
import type { PlacedRow, PlanRow } from './place-rows.ts';
import { invalid, type SeatingPlan } from './plan-file.ts';

const maxRowLength = 10;
const maxSeatLength = 8;

type Zone = SeatingPlan['zones'][number];

/** A zone's rows and seats at their places in the whole drawing, with labels that Onsale can have. Throws if one is too long. */
export function readRows(zone: Zone, zoneAt: number, notes: Notes): PlanRow[] {
  const faults: Fault[] = [];
  const where = `/zones/${zoneAt}/rows`;
  const rowLabels = shorten(
    zone.rows.map(({ row_number }) => row_number.trim()),
    maxRowLength,
    () => notes.add('{} cut to what follows the words that all rows of the zone begin with', 'row number'),
  );
  const rows = zone.rows.map((row, at) => {
    const label = rowLabels[at] ?? '';
    if (label !== '' && !Value.Check(Row, label))
      faults.push({ pointer: `${where}/${at}/row_number`, detail: tooLong(maxRowLength) });
    const seatLabels = shorten(
      row.seats.map(({ seat_number }) => seat_number.trim()),
      maxSeatLength,
      () => notes.add('{} cut to what follows the words that all seats of the row begin with', 'seat number'),
    );
    const { x = 0, y = 0 } = row.position ?? {};
    const seats = row.seats.map(({ position, category }, seatAt) => {
      const seat = seatLabels[seatAt] ?? '';
      const pointer = `${where}/${at}/seats/${seatAt}/seat_number`;
      if (seat !== '' && !Value.Check(SeatText, seat)) faults.push({ pointer, detail: tooLong(maxSeatLength) });
      return { label: seat, category, x: zone.position.x + x + position.x, y: zone.position.y + y + position.y };
    });
    return { label, seats };
  });
  if (faults.length > 0) throw invalid(faults);
  return rows;
}

const tooLong = (most: number) => `must have at most ${most} characters, without control characters; change it in pretix' editor`;

/** If a label is too long, takes off the words that all of them begin with: "Reihe 12 rechts" → "12 rechts". */
function shorten(labels: string[], most: number, onEach: () => void): string[] {
  if (labels.every((label) => [...label].length <= most)) return labels;
  const named = labels.filter((label) => label !== '');
  const [first = ''] = named;
  let shared = first.length;
  for (const label of named) while (!label.startsWith(first.slice(0, shared))) shared--;
  // Only up to where a word ends: the 1 of "Platz 10" and "Platz 11" stays.
  const words = /^.*[^\p{L}\p{N}]/su.exec(first.slice(0, shared))?.[0].length ?? 0;
  return labels.map((label) => {
    if (words > 0 && label !== '') onEach();
    return label.slice(words).trim();
  });
}

/** Gives labels to rows and seats that have none, and other ones to those that would be a second time in their zone or row. */
export function makeUnique(rows: readonly PlacedRow[], zoneName: string, notes: Notes): PlacedRow[] {
  const label = unique(
    rows.map((row) => row.label),
    {
      most: maxRowLength,
      keyOf: foldRow,
      unnumbered: (number) => `R${number}`,
      onUnnumbered: (given) => notes.add('{} had no number in the plan and got one', 'row', `${zoneName}: ${given}`),
      onRepeated: (given) =>
        notes.add(
          '{} had the number of another row in its zone, with some of the same seats, and got a new one',
          'row',
          `${zoneName}: ${given}`,
        ),
    },
  );
  return rows.map((row, at) => {
    const name = label(at);
    const seats = row.positions.filter((seat) => seat !== undefined);
    const seatLabel = unique(
      seats.map((seat) => seat.label),
      {
        most: maxSeatLength,
        unnumbered: String,
        onUnnumbered: (given) =>
          notes.add('{} had no number in the plan and got one', 'seat', `${zoneName}, row ${name}: ${given}`),
        onRepeated: (given) =>
          notes.add(
            '{} had the number of another seat in its row and got a new one',
            'seat',
            `${zoneName}, row ${name}: ${given}`,
          ),
      },
    );
    let next = 0;
    return { ...row, label: name, positions: row.positions.map((seat) => seat && { ...seat, label: seatLabel(next++) }) };
  });
}

type Renaming = {
  most: number;
  /** Labels with the same key are the same. */
  keyOf?: (label: string) => string;
  unnumbered: (number: number) => string;
  onUnnumbered: (given: string) => void;
  onRepeated: (given: string) => void;
};

/** Returns the label for each index: that of the first with a label stays. */
function unique(
  labels: string[],
  { most, keyOf = (label) => label, unnumbered, onUnnumbered, onRepeated }: Renaming,
): (at: number) => string {
  const taken = new Set(labels.map(keyOf));
  const tried = new Map<string, number>();
  /** The next label of a series that is not taken. */
  const free = (series: string, from: number, candidate: (number: number) => string) => {
    for (let number = tried.get(series) ?? from; ; number++) {
      const label = candidate(number);
      if (taken.has(keyOf(label))) continue;
      taken.add(keyOf(label));
      tried.set(series, number + 1);
      return label;
    }
  };
  const seen = new Set<string>();
  const given = labels.map((label) => {
    if (label === '') {
      const made = free('', 1, unnumbered);
      onUnnumbered(made);
      return made;
    }
    if (!seen.has(keyOf(label))) {
      seen.add(keyOf(label));
      return label;
    }
    const made = free(
      label,
      2,
      (number) =>
        `${[...label]
          .slice(0, most - String(number).length - 1)
          .join('')
          .trim()}.${number}`,
    );
    onRepeated(`${label} → ${made}`);
    return made;
  });
  return (at) => given[at] ?? '';
}
