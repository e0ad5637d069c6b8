import type { Message } from '@aws-sdk/client-sqs';
import { decodeBatch } from '../shared/batch-encoding.ts';
import type { Fault } from '../shared/faults.ts';
import { checkTicketEvent, type TicketEvent } from '../shared/ticket-events.ts';

/**
 * What cannot be applied, as the message that could be redriven, and why; `contentEncoding` where its body stays as it came, and
 * `entry` where it is one of a batch.
 */
export type Rejected = { body: string; contentEncoding?: string; reason: string; entry?: unknown };

export type MessageContent = { events: TicketEvent[]; rejected: Rejected[] };

/** The domain events of one SQS message, and what in it is not one: a bad entry does not spoil its neighbours. */
export async function readMessage({ Body: body = '', MessageAttributes }: Message): Promise<MessageContent> {
  const contentEncoding = MessageAttributes?.contentEncoding?.StringValue;
  const batch = await decodeBatch(body, contentEncoding)
    .then(JSON.parse)
    .catch(() => undefined);
  if (!Array.isArray(batch)) {
    const reason = 'not a CloudEvents batch (a JSON array)';
    return { events: [], rejected: [{ body, ...(contentEncoding && { contentEncoding }), reason }] };
  }
  const events: TicketEvent[] = [];
  const rejected: Rejected[] = [];
  for (const entry of batch) {
    const checked = checkTicketEvent(entry);
    if ('event' in checked) events.push(checked.event);
    else if ('faults' in checked) rejected.push({ body: JSON.stringify([entry]), reason: reasonOf(checked.faults), entry });
  }
  return { events, rejected };
}

const reasonOf = (faults: Fault[]) => faults.map(({ pointer, detail }) => `${pointer || 'the event'} ${detail}`).join('; ');
