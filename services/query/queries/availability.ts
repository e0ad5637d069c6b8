import type { TakenPlaces } from '../../shared/inventory/taken-places.ts';

/** Whether an event has places left, apart from whether it sells. `held`: none now, but holds may be given back. */
export const availabilities = ['available', 'held', 'sold-out'] as const;
export type Availability = (typeof availabilities)[number];

/** `unknown`: Redis cannot say. */
export function availabilityOf(capacity: number, taken: TakenPlaces | undefined): Availability | 'unknown' {
  if (!taken) return 'unknown';
  const { sold, held, blocked } = taken;
  if (sold + blocked >= capacity) return 'sold-out';
  return sold + blocked + held >= capacity ? 'held' : 'available';
}
