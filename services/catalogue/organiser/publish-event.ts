import { openEvent } from '../../shared/inventory/open-event.ts';
import { readCatalogue, readDocument } from '../../shared/inventory/plan/catalogue.ts';
import type { Stores } from '../system.ts';
import type { Manner } from './put-event.ts';

type Published = { kind: 'opened' | 'changed' | 'unchanged' | 'unknown' } | { kind: 'refused'; reasons: string[] };

/** Publishes a draft: it sells from its on-sale time. An event that was published before stays as it is. Throws as openEvent does. */
export async function publishEvent({ db, redis }: Stores, eventId: string, manner: Manner): Promise<Published> {
  const [plan, document] = [await readCatalogue(db, eventId), await readDocument(db, eventId)];
  if (!plan) return { kind: 'unknown' };
  return await openEvent(db, redis, { ...plan, ...(document && { document }) }, manner);
}
