import type { Notes } from './notes.ts';
import type { SeatingPlan } from './plan-file.ts';

/** The fields of pretix' schema 0.0.1, those of its first version too, that are read, noted, or only help to draw the plan. */
const known = {
  plan: ['name', 'size', 'categories', 'zones'],
  zone: ['name', 'zone_id', 'uuid', 'displayed', 'position', 'rows', 'areas'],
  row: [
    'row_number',
    'row_number_position',
    'row_label',
    'seat_label',
    'uuid',
    'position',
    'seats',
    'number_of_seats',
    'seats_spacing',
  ],
  seat: ['seat_number', 'seat_guid', 'uuid', 'position', 'category', 'radius', 'start_direction'],
};

/** Notes what event files have no place for. */
export function noteWhatIsNeverKept(plan: SeatingPlan, notes: Notes): void {
  const leftOut = (word: string, example?: string) => notes.add('{} left out', word, example);
  const noteUnknown = (kind: keyof typeof known, value: object) => {
    for (const name of Object.keys(value)) {
      if (!known[kind].includes(name)) notes.add("{} left out that pretix' schema does not have", 'field', name);
    }
  };
  noteUnknown('plan', plan);
  for (const { name, color } of plan.categories) if (color !== undefined) leftOut('colour', name);
  for (const zone of plan.zones) {
    noteUnknown('zone', zone);
    for (const area of zone.areas ?? []) leftOut('area', wordsIn(area));
    for (const row of zone.rows) {
      noteUnknown('row', row);
      if (row.row_label) leftOut('row_label', row.row_label);
      if (row.seat_label) leftOut('seat_label', row.seat_label);
      for (const seat of row.seats) {
        noteUnknown('seat', seat);
        if (seat.seat_guid !== undefined) leftOut('seat_guid');
      }
    }
  }
}

/** What is written on an area; the first version of the schema has it as text itself. */
function wordsIn(area: object): string | undefined {
  const { text } = area as { text?: { text?: unknown } | string | null };
  const words = typeof text === 'string' ? text : text?.text;
  return typeof words === 'string' && words !== '' ? words : undefined;
}
