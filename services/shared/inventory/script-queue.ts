import { perClient } from '../../purchase/seats/per-client.ts';
import type { Command } from '../../purchase/seats/run-command.ts';
import { getOrInsertComputed } from '../basics/get-or-insert.ts';
import type { RedisClient } from '../stores/redis.ts';
import type { Script } from '../stores/script.ts';
import { callScript, type Question, type Reply, ScriptError } from './call-script.ts';
import { hasRoom, type Kind, loadOf, shed } from './load.ts';

type Asked = {
  command: Command;
  question: Question;
  askedAtMs: number;
  resolve: (reply: Reply) => void;
  reject: (error: unknown) => void;
};

/** Bounds the work of one script call, and so how long it blocks Redis for everyone else: some milliseconds. */
const maxTogether = 256;

/** While Redis decides one call, this process answers the buyers of the other. More calls would only be smaller. */
const maxCalls = 2;

/** In an overload, thousands of sockets have their turn between two replies from Redis, which must not run out of work meanwhile. */
const maxFullCalls = 6;

/**
 * The longest time from a request to the last call that may decide it. With the second that Redis may take (redis.ts), and the
 * request's wait in its socket, the total stays under two seconds.
 */
const maxWaitMs = 500;

type Queue = ReturnType<typeof createQueue>;

/** By script and event; idle queues are removed. */
const queuesOf = perClient(() => new Map<Script, Map<string, Queue>>());

/**
 * Queues a command for one of an event's scripts, and returns the script's reply. Commands that arrive while calls are in flight go
 * into the next call, in order of arrival: under load, most of a purchase's cost, here and in Redis, is the call and the fsync that
 * its reply waits for. An idle service sends a command immediately. A command whose reply is AGAIN is queued again. Throws an
 * UnavailableError immediately if Redis is unreachable (for every waiting command), if too many are waiting (load.ts), or if this
 * one has waited too long. An error in the script fails only the command that caused it.
 */
export function askTogether(
  redis: RedisClient,
  script: Script,
  command: Command,
  question: Question,
  kind: Kind = 'deciding',
): Promise<Reply> {
  const queues = getOrInsertComputed(queuesOf(redis), script, () => new Map());
  const create = (eventId: string) => createQueue(redis, script, eventId, kind, () => queues.delete(eventId));
  return getOrInsertComputed(queues, command.eventId, create).ask(command, question);
}

/** Throws if askTogether would refuse a command now because too many are waiting, before any work is spent on it. */
export function assertRoom(redis: RedisClient, script: Script, eventId: string, kind: Kind): void {
  const length = queuesOf(redis).get(script)?.get(eventId)?.length() ?? 0;
  const load = loadOf(redis);
  if (!hasRoom(length, load[kind])) throw shed(load);
}

function createQueue(redis: RedisClient, script: Script, eventId: string, kind: Kind, onIdle: () => void) {
  const load = loadOf(redis);
  const all = load[kind];
  const waiting: Asked[] = [];
  /** How many calls are in flight, and whether another will start at the end of this turn of the event loop. */
  let calls = 0;
  let isDue = false;

  return {
    length: () => waiting.length,

    ask(command: Command, question: Question): Promise<Reply> {
      if (!hasRoom(waiting.length, all)) return Promise.reject(shed(load));
      return new Promise((resolve, reject) => {
        waiting.push({ command, question, askedAtMs: performance.now(), resolve, reject });
        all.count++;
        callWhenDue();
      });
    },
  };

  function callWhenDue(): void {
    if (waiting.length === 0 && calls === 0) onIdle();
    // Waiting for the turn's end fills the call, but in an overload a turn can take seconds: a full call starts immediately.
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
    const undecided: Asked[] = [];
    await decide(nextBatch(), undecided);
    // Back to the front of the queue: the command that has waited longest is refused first.
    waiting.unshift(...undecided);
    all.count += undecided.length;
    calls--;
    callWhenDue();
  }

  /** Settles the commands of a batch, except those that it adds to `undecided`. */
  async function decide(batch: Asked[], undecided: Asked[]): Promise<void> {
    if (batch.length === 0) return;
    let replies: Reply[];
    try {
      replies = await callScript(redis, script, eventId, batch);
    } catch (error) {
      // If Redis is unreachable, commands that wait must not be sent once it is back.
      if (!(error instanceof ScriptError)) batch.push(...leave(waiting.length));
      else if (batch.length > 1) return await decideByHalves(batch, undecided);
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const [at, asked] of batch.entries()) {
      const reply = replies[at] as Reply;
      if (reply.words[0] === 'AGAIN') undecided.push(asked);
      else asked.resolve(reply);
    }
  }

  /** After an error that changed nothing: isolates the command that caused it, and decides the others. */
  async function decideByHalves(batch: Asked[], undecided: Asked[]): Promise<void> {
    const half = batch.length >> 1;
    await decide(batch.slice(0, half), undecided);
    await decide(batch.slice(half), undecided);
  }

  function nextBatch(): Asked[] {
    const lateBefore = performance.now() - maxWaitMs;
    const inTime = waiting.findIndex(({ askedAtMs }) => askedAtMs >= lateBefore);
    for (const { reject } of leave(inTime < 0 ? waiting.length : inTime)) reject(shed(load));
    return leave(maxTogether);
  }

  function leave(count: number): Asked[] {
    const left = waiting.splice(0, count);
    all.count -= left.length;
    return left;
  }
}
