import { channel } from 'node:diagnostics_channel';
import { ReplyError } from 'ioredis';
import type { Command, Idempotency } from '../../purchase/seats/run-command.ts';
import { orUnavailable, type RedisClient } from '../stores/redis.ts';
import { runScript, type Script } from '../stores/script.ts';
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
} from './keys.ts';
import type { OrderInRedis } from './order.ts';
import { replicasOfPromise, untilReplicated } from './replicas.ts';

/** A script's decision: a word, and the values that the script's header lists after it. */
export type Words = [word: string, ...rest: (string | number | OrderInRedis)[]];

/** `isReplay`: the reply was kept for the command's Idempotency-Key; nothing was changed now. */
export type Reply<W extends Words = Words> = { words: W; isReplay: boolean };

/** A script's arguments for one command: its `fields`, and its order as JSON if the script's header asks for one. */
export type Question = { fields: object; order?: string };

/** Published after every script call: the script's name, how many commands it decided, and how long Redis took. */
export const scriptCalls = channel('onsale:script-call');

export type ScriptCall = { script: string; commands: number; seconds: number };

/** A script failed, so none of its commands has changed anything (lua/lib/run.lua). */
export class ScriptError extends Error {
  constructor(script: Script, cause: Error) {
    super(`${script.name} failed: ${cause.message}`, { cause });
    this.name = 'ScriptError';
  }
}

/**
 * Decides commands in one call of an event's script. Returns their replies, in order. Throws an UnavailableError if Redis is
 * unreachable or too few replicas have the writes, and a ScriptError if the script fails.
 */
export async function callScript(
  redis: RedisClient,
  script: Script,
  eventId: string,
  asked: readonly { command: Command; question: Question }[],
): Promise<Reply[]> {
  const idempotencies: Idempotency[] = [];
  const commands = asked.map(({ command: { traceparent, idempotency }, question }) => ({
    ...question.fields,
    traceparent,
    fingerprint: idempotency?.fingerprint,
    answer: idempotency && idempotencies.push(idempotency),
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
    ...idempotencies.map(({ scope, key }) => answerKey(eventId, scope, key)),
  ];
  const orders = asked.flatMap(({ question }) => question.order ?? []);
  const args = [eventId, JSON.stringify(commands), replicasOfPromise(redis), ...orders];
  const startedAt = performance.now();
  const text = await orUnavailable(runScript(redis, script, keys, args)).catch((error: Error) => {
    throw error instanceof ReplyError ? new ScriptError(script, error as Error) : error;
  });
  await untilReplicated(redis, inventoryKey(eventId));
  const seconds = (performance.now() - startedAt) / 1_000;
  scriptCalls.publish({ script: script.name, commands: asked.length, seconds } satisfies ScriptCall);
  return (JSON.parse(text as string) as Words[]).map(replyOf);
}

function replyOf(words: Words): Reply {
  return words[0] === 'REPLAYED' ? { words: words[1] as unknown as Words, isReplay: true } : { words, isReplay: false };
}
