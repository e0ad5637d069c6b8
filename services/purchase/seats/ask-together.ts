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
import { orUnavailable, type RedisClient } from '../../shared/redis.ts';
import { runScript, type Script } from '../../shared/script.ts';
import type { Command } from './command.ts';
import type { OrderInRedis } from './order.ts';

/** A script's word for what it decided, and what it says of it (lua/). */
export type Reply = [word: string, ...rest: (string | number | OrderInRedis)[]];

type Asked = { command: Command; fields: object; resolve: (reply: Reply) => void; reject: (error: unknown) => void };

/** Bounds what one call of a script does, and so how long Redis can answer nobody else. */
const maxTogether = 50;

/** What was asked in this turn of the event loop, by script and event. */
const waiting = new WeakMap<RedisClient, Map<string, Asked[]>>();

/**
 * Asks one of an event's scripts to decide on a command. All that is asked of it in one turn of the event loop goes in one
 * call, in the order in which it was asked: under load most of a purchase's cost, here and in Redis, is in the call, and an idle
 * service waits for nobody. Each command has its own reply; where the call fails, all of them throw an UnavailableError.
 */
export function askTogether(redis: RedisClient, script: Script, command: Command, fields: object): Promise<Reply> {
  const batches = waiting.get(redis) ?? new Map<string, Asked[]>();
  waiting.set(redis, batches);
  const name = `${script.sha} ${command.eventId}`;
  return new Promise((resolve, reject) => {
    const asked = { command, fields, resolve, reject };
    const batch = batches.get(name);
    if (batch && batch.length < maxTogether) {
      batch.push(asked);
      return;
    }
    const own = [asked];
    batches.set(name, own);
    setImmediate(() => {
      if (batches.get(name) === own) batches.delete(name);
      void ask(redis, script, command.eventId, own);
    });
  });
}

async function ask(redis: RedisClient, script: Script, eventId: string, batch: Asked[]): Promise<void> {
  const idempotencyKeys: string[] = [];
  const commands = batch.map(({ command: { traceparent, idempotency }, fields }) => ({
    ...fields,
    traceparent,
    ...(idempotency && { fingerprint: idempotency.fingerprint, answer: idempotencyKeys.push(idempotency.key) }),
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
  try {
    const text = await orUnavailable(runScript(redis, script, keys, [eventId, JSON.stringify(commands)]));
    const replies = JSON.parse(text as string) as Reply[];
    for (const [at, { resolve }] of batch.entries()) resolve(replies[at] as Reply);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
