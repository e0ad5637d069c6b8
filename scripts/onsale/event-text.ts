import { organiserIn, readWrittenFile } from '../../services/catalogue/organiser/read-body.ts';
import { type EventPlan, invalidFile, parseEventFile, parseFileJson } from '../../services/shared/inventory/plan/event-file.ts';
import type { Organiser } from './organiser.ts';

type HasHalls = Pick<Organiser, 'readZonesOfHall'>;

/**
 * Parses the text of an event file, which may name a hall. Returns what reads its plan from the installation that has the hall. Throws one
 * error that lists every fault: immediately, unless the file names a hall.
 */
export function parseEventText(text: string): (organiser: HasHalls) => Promise<EventPlan> {
  const file = Object(parseFileJson(text)) as Record<string, unknown>;
  if (file.hall === undefined) {
    const plan = parseEventFile(text);
    return async () => plan;
  }
  return async (organiser) => {
    const read = await readWrittenFile(file, (hallId) => organiser.readZonesOfHall(hallId, organiserIn(file)));
    if ('faults' in read) throw invalidFile(read.faults);
    return read.plan;
  };
}
