import { type Span, SpanKind } from '@opentelemetry/api';
import type { Question, Reply, Words } from '../../shared/inventory/call-script.ts';
import type { Kind } from '../../shared/inventory/load.ts';
import { assertNeverOpened } from '../../shared/inventory/opened-events.ts';
import { askTogether } from '../../shared/inventory/script-queue.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import type { Script } from '../../shared/stores/script.ts';
import { failSpan, startSpan } from '../../shared/telemetry/tracing.ts';

/** An Idempotency-Key, its owner (so that nobody gets somebody else's response), and a digest of the request's meaning. */
export type Idempotency = { key: string; scope: string; fingerprint: string };

/** The fields of every command on an event's inventory. */
export type Command = {
  eventId: string;
  /** Present if the client sent an Idempotency-Key. */
  idempotency?: Idempotency | undefined;
  /** W3C traceparent. */
  traceparent?: string | undefined;
};

/**
 * Why a command changed nothing. `positions` (from 0) are those of the wanted seats or tickets that are at fault; `secret` is a
 * detail about a buyer that only the operator may see.
 */
export type Refusal = {
  kind: 'refused';
  code: (typeof refusalCodes)[number];
  isReplay: boolean;
  detail?: string;
  secret?: string;
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
 * Runs an event's script (lua/) for a command. Returns its reply or refusal. Throws an UnavailableError if Redis is unreachable or
 * lacks the event's inventory: then nothing was promised. `kind` decides which other commands count when too many are waiting.
 */
export async function runCommand<W extends Words>(
  redis: RedisClient,
  script: Script,
  command: Command,
  question: Question,
  kind: Kind = 'deciding',
): Promise<Reply<W> | Refusal> {
  const reply = await ask(redis, script, command, question, kind);
  const [word] = reply.words;
  if (word === 'NO_INVENTORY') return await refuseWithoutInventory(redis, command.eventId);
  return isRefusal(word) ? refusalOf(word, reply) : (reply as Reply<W>);
}

/** The refusal of a command on an event that was never opened. Throws an UnavailableError if it was. */
export async function refuseWithoutInventory(redis: RedisClient, eventId: string): Promise<Refusal> {
  await assertNeverOpened(redis, eventId);
  return { kind: 'refused', code: 'EVENT_NOT_FOUND', isReplay: false };
}

/** Runs the script, and records a span that includes the wait for its turn; one span each time that a command is run. */
function ask(redis: RedisClient, script: Script, command: Command, question: Question, kind: Kind): Promise<Reply> {
  const span = startSpan(command.traceparent, script.name, () => ({
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': 'redis', 'db.stored_procedure.name': script.name, 'onsale.event.id': command.eventId },
  }));
  const asked = askTogether(redis, script, command, question, kind);
  return span ? record(span, question, asked) : asked;
}

async function record(span: Span, question: Question, asked: Promise<Reply>): Promise<Reply> {
  try {
    const reply = await asked;
    const { words } = reply;
    span.setAttribute('onsale.reply', words[0]);
    const order = words.find((part) => typeof part === 'object')?.orderId ?? (question.fields as { orderId?: string }).orderId;
    if (order !== undefined) span.setAttribute('onsale.order.id', order);
    return reply;
  } catch (error) {
    failSpan(span, (error as Error).name, (error as Error).message);
    throw error;
  } finally {
    span.end();
  }
}

function refusalOf(code: Refusal['code'], { words, isReplay }: Reply): Refusal {
  const refused = { kind: 'refused', code, isReplay } as const;
  const [, ...rest] = words as [string, ...number[]];
  switch (code) {
    case 'NOT_ON_SALE':
      return { ...refused, detail: `On sale from ${new Date(rest[0] ?? 0).toISOString()}` };
    case 'SOLD_OUT':
      return { ...refused, detail: `${rest[0]} left` };
    case 'BUYER_LIMIT_REACHED': {
      const limit = `A buyer may have or hold at most ${rest[0]} tickets`;
      return { ...refused, detail: limit, secret: `${limit}; this one has or holds ${rest[1]}` };
    }
    default:
      return rest.length > 0 ? { ...refused, positions: rest } : refused;
  }
}
