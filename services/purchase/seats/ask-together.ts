import { channel } from 'node:diagnostics_channel';
import { getOrInsertComputed } from '../../shared/get-or-insert.ts';
import {
  answerKey,
  buyersKey,
  countsKey,
  deadlinesKey,
  holdsKey,
  inventoryKey,
  ordersKey,
  outboxKey,
  runsKey,
  takenKey,
} from '../../shared/keys.ts';
import { UnavailableError } from '../../shared/problems.ts';
import { orUnavailable, type RedisClient } from '../../shared/redis.ts';
import { runScript, type Script } from '../../shared/script.ts';
import { areReplicasTrusted, untilReplicated } from '../replicas.ts';
import type { Command } from './command.ts';
import { loadOf, maxWaiting, shed } from './load.ts';
import type { OrderInRedis } from './order.ts';
import { perClient } from './per-client.ts';

/** A script's word for what it decided, and what it says of it (lua/). */
export type Reply = [word: string, ...rest: (string | number | OrderInRedis)[]];

/** What a command's script has to know: its `fields`, and its order, JSON, where the script's header says so. */
export type Question = { fields: object; order?: string };

type Asked = {
  command: Command;
  question: Question;
  askedAtMs: number;
  resolve: (reply: Reply) => void;
  reject: (error: unknown) => void;
};

/** Bounds what one call of a script does, and so how long Redis can answer nobody else: some milliseconds. */
const maxTogether = 256;

/** While Redis decides on one call, this process answers the buyers of another; more of them would only be smaller. */
const maxCalls = 2;

/** At an overload, thousands of sockets have their turn between two answers of Redis, which must not run dry meanwhile. */
const maxFullCalls = 6;

/**
 * From when somebody asks to the last call that may decide. With the second that Redis may take (redis.ts), and what the request
 * may have waited in its socket, under two seconds.
 */
const maxWaitMs = 500;

/** Hears of every call of a script: its name, on how many commands it decided, and how long Redis took (ScriptCall). */
export const scriptCalls = channel('onsale:script-call');

export type ScriptCall = { script: string; commands: number; seconds: number };

/** By script and event; one that is idle is forgotten. */
const queuesOf = perClient(() => new Map<Script, Map<string, Queue>>());

/**
 * Asks one of an event's scripts to decide on a command. All that is asked of it while calls are on their way goes in the next
 * one, in the order in which it was asked: under load most of a purchase's cost, here and in Redis, is in the call and in the fsync
 * that its answer waits for, and an idle service waits for nobody. Each command has its own reply; one that is AGAIN is asked
 * again. Where Redis is away, all that wait throw an UnavailableError at once; so do those that come while too many wait (load.ts),
 * or have waited too long.
 */
export function askTogether(redis: RedisClient, script: Script, command: Command, question: Question): Promise<Reply> {
  const queues = getOrInsertComputed(queuesOf(redis), script, () => new Map());
  const create = (eventId: string) => createQueue(redis, script, eventId, () => queues.delete(eventId));
  return getOrInsertComputed(queues, command.eventId, create).ask(command, question);
}

type Queue = ReturnType<typeof createQueue>;

function createQueue(redis: RedisClient, script: Script, eventId: string, onIdle: () => void) {
  const load = loadOf(redis);
  const waiting: Asked[] = [];
  /** How many are on their way, and whether another leaves at the end of this turn of the event loop. */
  let calls = 0;
  let isDue = false;

  return {
    ask(command: Command, question: Question): Promise<Reply> {
      if (waiting.length >= maxWaiting) return Promise.reject(shed(load));
      return new Promise((resolve, reject) => {
        waiting.push({ command, question, askedAtMs: performance.now(), resolve, reject });
        load.waiting++;
        callWhenDue();
      });
    },
  };

  function callWhenDue(): void {
    if (waiting.length === 0 && calls === 0) onIdle();
    // A turn brings more, but at an overload it can last for seconds.
    if (waiting.length >= maxTogether && calls < maxFullCalls) void makeCall();
    else if (waiting.length > 0 && calls < maxCalls && !isDue) {
      isDue = true;
      setImmediate(() => {
        isDue = false;
        if (waiting.length > 0 && calls < maxCalls) void makeCall();
      });
    }
  }

  async function makeCall(): Promise<void> {
    calls++;
    const batch = nextBatch();
    try {
      const replies = batch.length > 0 ? await call(redis, script, eventId, batch) : [];
      const undecided: Asked[] = [];
      for (const [at, asked] of batch.entries()) {
        const reply = replies[at] as Reply;
        if (reply[0] === 'AGAIN') undecided.push(asked);
        else asked.resolve(reply);
      }
      // In front of all that came after them: who waits longest is refused first.
      waiting.unshift(...undecided);
      load.waiting += undecided.length;
    } catch (error) {
      // What waits for a Redis that is away is not sent after it.
      if (error instanceof UnavailableError) batch.push(...leave(waiting.length));
      for (const { reject } of batch) reject(error);
    }
    calls--;
    callWhenDue();
  }

  function nextBatch(): Asked[] {
    const lateBefore = performance.now() - maxWaitMs;
    const inTime = waiting.findIndex(({ askedAtMs }) => askedAtMs >= lateBefore);
    for (const { reject } of leave(inTime < 0 ? waiting.length : inTime)) reject(shed(load));
    return leave(maxTogether);
  }

  function leave(count: number): Asked[] {
    const left = waiting.splice(0, count);
    load.waiting -= left.length;
    return left;
  }
}

async function call(redis: RedisClient, script: Script, eventId: string, batch: Asked[]): Promise<Reply[]> {
  const idempotencyKeys: string[] = [];
  const commands = batch.map(({ command: { traceparent, idempotency }, question }) => ({
    ...question.fields,
    traceparent,
    fingerprint: idempotency?.fingerprint,
    answer: idempotency && idempotencyKeys.push(idempotency.key),
  }));
  const keys = [
    inventoryKey(eventId),
    countsKey(eventId),
    takenKey(eventId),
    runsKey(eventId),
    ordersKey(eventId),
    holdsKey(eventId),
    deadlinesKey(eventId),
    buyersKey(eventId),
    outboxKey(eventId),
    ...idempotencyKeys.map((key) => answerKey(eventId, key)),
  ];
  const orders = batch.flatMap(({ question }) => question.order ?? []);
  const promotion = areReplicasTrusted(redis) ? 'trusted' : '';
  const startedAt = performance.now();
  const text = await orUnavailable(runScript(redis, script, keys, [eventId, JSON.stringify(commands), promotion, ...orders]));
  await untilReplicated(redis, inventoryKey(eventId));
  const seconds = (performance.now() - startedAt) / 1_000;
  scriptCalls.publish({ script: script.name, commands: batch.length, seconds } satisfies ScriptCall);
  return JSON.parse(text as string) as Reply[];
}
