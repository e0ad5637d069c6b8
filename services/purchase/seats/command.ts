import { type Span, SpanKind } from '@opentelemetry/api';
import { assertNeverOpened } from '../../shared/opened-events.ts';
import type { RedisClient } from '../../shared/redis.ts';
import type { Script } from '../../shared/script.ts';
import { failSpan, startSpan } from '../../shared/tracing.ts';
import { askTogether, type Question, type Reply } from './ask-together.ts';

/** What every command on an event's inventory carries. */
export type Command = {
  eventId: string;
  /** The Idempotency-Key and what tells one request from another (a digest), where the client sent a key. */
  idempotency?: { key: string; fingerprint: string } | undefined;
  /** W3C traceparent. */
  traceparent?: string | undefined;
};

/** Why a command changed nothing. `positions` (from 0) says which of the wanted seats or tickets are at fault. */
export type Refusal = {
  kind: 'refused';
  code: (typeof refusalCodes)[number];
  detail?: string;
  positions?: number[];
};

const refusalCodes = [
  'EVENT_NOT_FOUND',
  'ZONE_NOT_FOUND',
  'SEAT_NOT_FOUND',
  'TICKET_NOT_FOUND',
  'ORDER_NOT_FOUND',
  'HOLD_NOT_FOUND',
  'NOT_ON_SALE',
  'SEAT_TAKEN',
  'SOLD_OUT',
  'NO_ADJACENT_SEATS',
  'BUYER_REQUIRED',
  'BUYER_LIMIT_REACHED',
  'HOLD_EXPIRED',
  'HOLD_EXTENDED',
  'HOLD_CONFIRMED',
  'IDEMPOTENCY_KEY_REUSED',
] as const;

const refusals: ReadonlySet<string> = new Set(refusalCodes);
const isRefusal = (word: string): word is Refusal['code'] => refusals.has(word);

/**
 * Has one of an event's scripts (lua/) decide on a command, and gives its reply, or its refusal. Throws an UnavailableError when
 * Redis is away or does not have the event's inventory, and then nothing was promised.
 */
export async function runCommand<Answer extends Reply>(
  redis: RedisClient,
  script: Script,
  command: Command,
  question: Question,
): Promise<Answer | Refusal> {
  const reply = await ask(redis, script, command, question);
  const [word] = reply;
  if (word === 'NO_INVENTORY') {
    await assertNeverOpened(redis, command.eventId);
    return { kind: 'refused', code: 'EVENT_NOT_FOUND' };
  }
  return isRefusal(word) ? refusalOf(word, reply.slice(1) as number[]) : (reply as Answer);
}

/** Asks, and records how long the answer took, with what waits for its turn; one span for each time that a command is asked. */
function ask(redis: RedisClient, script: Script, command: Command, question: Question): Promise<Reply> {
  const span = startSpan(command.traceparent, script.name, () => ({
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': 'redis', 'db.stored_procedure.name': script.name, 'onsale.event.id': command.eventId },
  }));
  const asked = askTogether(redis, script, command, question);
  return span ? record(span, question, asked) : asked;
}

async function record(span: Span, question: Question, asked: Promise<Reply>): Promise<Reply> {
  try {
    const reply = await asked;
    span.setAttribute('onsale.reply', reply[0]);
    const order = reply.find((part) => typeof part === 'object')?.orderId ?? (question.fields as { orderId?: string }).orderId;
    if (order !== undefined) span.setAttribute('onsale.order.id', order);
    return reply;
  } catch (error) {
    failSpan(span, (error as Error).name, (error as Error).message);
    throw error;
  } finally {
    span.end();
  }
}

function refusalOf(code: Refusal['code'], rest: number[]): Refusal {
  const refused = { kind: 'refused', code } as const;
  switch (code) {
    case 'NOT_ON_SALE':
      return { ...refused, detail: `On sale from ${new Date(rest[0] ?? 0).toISOString()}` };
    case 'SOLD_OUT':
      return { ...refused, detail: `${rest[0]} left` };
    case 'BUYER_LIMIT_REACHED':
      return { ...refused, detail: `At most ${rest[0]} tickets for a buyer, who has or holds ${rest[1]}` };
    default:
      return rest.length > 0 ? { ...refused, positions: rest } : refused;
  }
}
