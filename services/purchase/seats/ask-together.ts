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
import type { Command } from './command.ts';
import type { OrderInRedis } from './order.ts';

/** A script's word for what it decided, and what it says of it (lua/). */
export type Reply = [word: string, ...rest: (string | number | OrderInRedis)[]];

type Asked = { command: Command; fields: object; resolve: (reply: Reply) => void; reject: (error: unknown) => void };

/** Bounds what one call of a script does, and so how long Redis can answer nobody else. */
const maxTogether = 64;

/** What waits to be asked on a connection, by script and event. */
const waiting = new WeakMap<RedisClient, Map<string, Asked[]>>();

/**
 * Asks one of an event's scripts to decide on a command. All that is asked of it while a call is on its way goes in the next one,
 * in the order in which it was asked: under load most of a purchase's cost, here and in Redis, is in the call and in the fsync
 * that its answer waits for, and an idle service waits for nobody. Each command has its own reply. Where Redis is away, all that
 * wait throw an UnavailableError at once.
 */
export function askTogether(redis: RedisClient, script: Script, command: Command, fields: object): Promise<Reply> {
  const queues = waiting.get(redis) ?? new Map<string, Asked[]>();
  waiting.set(redis, queues);
  const name = `${script.sha} ${command.eventId}`;
  return new Promise((resolve, reject) => {
    const asked = { command, fields, resolve, reject };
    const queue = queues.get(name);
    if (queue) {
      queue.push(asked);
      return;
    }
    const own = [asked];
    queues.set(name, own);
    const take = () => {
      const batch = own.splice(0, maxTogether);
      // At once: whoever asks from now on begins a queue of their own.
      if (batch.length === 0) queues.delete(name);
      return batch;
    };
    // Once all that this turn of the event loop brings is there.
    setImmediate(() => void askAll(take, (batch) => call(redis, script, command.eventId, batch)));
  });
}

/** Asks until nothing waits. The next call leaves before the last one's replies are dealt with: Redis works meanwhile. */
async function askAll(take: () => Asked[], ask: (batch: Asked[]) => Promise<Reply[]>): Promise<void> {
  let batch = take();
  let replies = ask(batch);
  while (batch.length > 0) {
    const asked = batch;
    let settle: () => void;
    try {
      const answers = await replies;
      settle = () => {
        for (const [at, { resolve }] of asked.entries()) resolve(answers[at] as Reply);
      };
    } catch (error) {
      // What waits for a Redis that is away is not sent after it.
      if (error instanceof UnavailableError) for (let rest = take(); rest.length > 0; rest = take()) asked.push(...rest);
      settle = () => {
        for (const { reject } of asked) reject(error);
      };
    }
    batch = take();
    if (batch.length > 0) replies = ask(batch);
    settle();
  }
}

async function call(redis: RedisClient, script: Script, eventId: string, batch: Asked[]): Promise<Reply[]> {
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
  const text = await orUnavailable(runScript(redis, script, keys, [eventId, JSON.stringify(commands)]));
  return JSON.parse(text as string) as Reply[];
}
