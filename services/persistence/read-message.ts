import { listFaults } from '../shared/faults.ts';
import { type TicketsPurchased, ticketEventCheck } from '../shared/ticket-events.ts';

/** What cannot be applied, as the body of a message that could be redriven, and why. */
export type Rejected = { body: string; reason: string };

/** The domain events of one SQS message, and what in it is not one: a bad entry does not spoil its neighbours. */
export function readMessage(body: string): { events: TicketsPurchased[]; rejected: Rejected[] } {
  const batch = parse(body);
  if (!Array.isArray(batch)) return { events: [], rejected: [{ body, reason: 'not a CloudEvents batch (a JSON array)' }] };
  const events: TicketsPurchased[] = [];
  const rejected: Rejected[] = [];
  for (const entry of batch) {
    if (ticketEventCheck.Check(entry)) events.push(entry);
    else rejected.push({ body: JSON.stringify([entry]), reason: reasonOf(entry) });
  }
  return { events, rejected };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function reasonOf(entry: unknown): string {
  const faults = listFaults(ticketEventCheck.Errors(entry));
  return faults.map(({ pointer, detail }) => `${pointer || 'the event'} ${detail}`).join('; ');
}
