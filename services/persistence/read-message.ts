import type { Message } from '@aws-sdk/client-sqs';
import { decodeBatch } from '../shared/batch-encoding.ts';
import type { Fault } from '../shared/faults.ts';
import { checkTicketEvent, type TicketEvent } from '../shared/ticket-events.ts';

/** What cannot be applied, as the body of a message that could be redriven, and why. */
export type Rejected = { body: string; reason: string };

type MessageContent = { events: TicketEvent[]; rejected: Rejected[] };

/** The domain events of one SQS message, and what in it is not one: a bad entry does not spoil its neighbours. */
export async function readMessage({ Body: body = '', MessageAttributes }: Message): Promise<MessageContent> {
  const batch = await decodeBatch(body, MessageAttributes?.contentEncoding?.StringValue)
    .then(JSON.parse)
    .catch(() => undefined);
  if (!Array.isArray(batch)) return { events: [], rejected: [{ body, reason: 'not a CloudEvents batch (a JSON array)' }] };
  const events: TicketEvent[] = [];
  const rejected: Rejected[] = [];
  for (const entry of batch) {
    const checked = checkTicketEvent(entry);
    if ('event' in checked) events.push(checked.event);
    else rejected.push({ body: JSON.stringify([entry]), reason: reasonOf(checked.faults) });
  }
  return { events, rejected };
}

const reasonOf = (faults: Fault[]) => faults.map(({ pointer, detail }) => `${pointer || 'the event'} ${detail}`).join('; ');
