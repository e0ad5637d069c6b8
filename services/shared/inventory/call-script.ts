import { ReplyError } from 'ioredis';
import { orUnavailable, type RedisClient } from '../stores/redis.ts';
import { runScript, type Script } from '../stores/script.ts';
import { type Decision, decodeReply, type Reply } from './decisions.ts';
import {
  blockedKey,
  buyersKey,
  countsKey,
  deadlinesKey,
  holdsKey,
  inventoryKey,
  ordersKey,
  outboxKey,
  replyKey,
  runsKey,
  takenKey,
  talliesKey,
} from './keys.ts';
import type { OrderInRedis } from './order.ts';
import { type ReplicaPolicy, replicasOfPromise, untilReplicated } from './replicas.ts';

/** An Idempotency-Key, its owner (so that nobody gets somebody else's response), and a digest of the request's meaning. */
type Idempotency = { key: string; scope: string; fingerprint: string };

/** The fields of every command on an event's inventory. */
export type Command = {
  eventId: string;
  /** Present if the client sent an Idempotency-Key. */
  idempotency?: Idempotency | undefined;
  /** W3C traceparent. */
  traceparent?: string | undefined;
};

/** A command as a script takes it: the `fields` that the script's header lists, and a drafted order if the header asks for one. */
export type ScriptCommand = Command & {
  fields: { orderId?: string; holdId?: string | undefined; [name: string]: unknown };
  order?: OrderInRedis;
};

/** A script call that has ended: the script's name, how many commands it decided, and how long Redis and its replicas took. */
export type ScriptCall = { script: string; commands: number; seconds: number };

/** Where scripts run. `onCall` is called after each call that Redis answered. */
export type ScriptTarget = { redis: RedisClient; replicas: ReplicaPolicy; onCall?: ((call: ScriptCall) => void) | undefined };

/** A script failed, so none of its commands has changed anything (lua/lib/event.lua). */
export class ScriptError extends Error {
  constructor(script: Script, cause: Error) {
    super(`${script.name} failed: ${cause.message}`, { cause });
    this.name = 'ScriptError';
  }
}

/**
 * Decides commands on one event in one call of a script. Returns the decisions, in order. Throws an UnavailableError if Redis is
 * unreachable or too few replicas have the writes, and a ScriptError if the script fails.
 */
export async function callScript(
  { redis, replicas, onCall }: ScriptTarget,
  script: Script,
  eventId: string,
  commands: readonly ScriptCommand[],
): Promise<Decision[]> {
  const idempotencies: Idempotency[] = [];
  const asked = commands.map(({ traceparent, idempotency, fields }) => ({
    ...fields,
    traceparent,
    fingerprint: idempotency?.fingerprint,
    replyNumber: idempotency && idempotencies.push(idempotency),
  }));
  const keys = [
    inventoryKey(eventId),
    countsKey(eventId),
    takenKey(eventId),
    blockedKey(eventId),
    runsKey(eventId),
    ordersKey(eventId),
    holdsKey(eventId),
    deadlinesKey(eventId),
    buyersKey(eventId),
    talliesKey(eventId),
    outboxKey(eventId),
    ...idempotencies.map(({ scope, key }) => replyKey(eventId, scope, key)),
  ];
  const orders = commands.flatMap(({ order }) => (order ? JSON.stringify(order) : []));
  const args = [eventId, JSON.stringify(asked), replicasOfPromise(replicas), ...orders];
  const startedAt = performance.now();
  const text = await orUnavailable(runScript(redis, script, keys, args)).catch((error: Error) => {
    throw error instanceof ReplyError ? new ScriptError(script, error as Error) : error;
  });
  await untilReplicated(redis, inventoryKey(eventId), replicas);
  onCall?.({ script: script.name, commands: commands.length, seconds: (performance.now() - startedAt) / 1_000 });
  const replies = JSON.parse(text as string) as Reply[];
  return commands.map(({ order, fields }, at) => decodeReply(replies[at] as Reply, { order, holdId: fields.holdId }));
}
