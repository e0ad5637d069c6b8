import { Type } from 'typebox';
import { EventFile } from '../../shared/inventory/plan/event-file.ts';
import { EventId, OrganiserId } from '../../shared/terms/identifiers.ts';

const EventState = Type.Enum(['draft', 'published', 'paused', 'closed', 'archived'], {
  description: 'When published, its times decide whether it sells',
});

export const Version = Type.Integer({ minimum: 1, description: 'Grows with each change; the ETag has it too' });

const head = { eventId: EventId, organiserId: OrganiserId, state: EventState, version: Version };

/** An event with its file. */
export const EventOfOrganiser = Type.Object({
  ...head,
  document: Type.Omit(EventFile, ['$schema'], { description: 'The event file' }),
});

/** An event after a change. */
export const ChangedEvent = Type.Object({
  ...head,
  outcome: Type.Enum(['opened', 'changed', 'unchanged'], { description: 'opened: it is new, or was published' }),
});

export const Differences = Type.Array(Type.String(), { description: 'A line for each difference' });
