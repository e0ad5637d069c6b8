import { type PackableDomainEvent, type PackedMessage, packMessages } from './pack.ts';
import { isRefusedBySns } from './publish.ts';

/** The messages that SNS accepted, with their ids, and the domain events that it refused for their content. */
export type PublishOutcome<Packed> = {
  accepted: { messageId: string; domainEvents: Packed[] }[];
  refused: { domainEvent: Packed; error: unknown }[];
};

/**
 * Publishes a message, and adds what became of it to `outcome`. If SNS refuses it for its content, halves it until the refused domain
 * event is found. Rejects with any other error.
 */
export async function publishPacked<Packed extends PackableDomainEvent>(
  message: PackedMessage<Packed>,
  publish: (message: PackedMessage<Packed>) => Promise<string>,
  outcome: PublishOutcome<Packed>,
): Promise<void> {
  const { eventId, domainEvents } = message;
  try {
    outcome.accepted.push({ messageId: await publish(message), domainEvents });
  } catch (error) {
    if (!isRefusedBySns(error)) throw error;
    const [domainEvent, another] = domainEvents;
    if (domainEvent && !another) {
      outcome.refused.push({ domainEvent, error });
      return;
    }
    const middle = domainEvents.length >> 1;
    for (const half of [domainEvents.slice(0, middle), domainEvents.slice(middle)]) {
      for (const part of packMessages(eventId, half)) await publishPacked(part, publish, outcome);
    }
  }
}
