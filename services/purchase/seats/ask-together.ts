import { getOrInsertComputed } from '../../shared/get-or-insert.ts';
import type { RedisClient } from '../../shared/redis.ts';
import type { Script } from '../../shared/script.ts';
import { callScript, type Question, type Reply, ScriptError } from './call-script.ts';
import type { Command } from './command.ts';
import { hasRoom, type Kind, loadOf, shed } from './load.ts';
import { perClient } from './per-client.ts';

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
 * From a request to the last call that may decide on it. With the second that Redis may take (redis.ts), and what the request may
 * have waited in its socket, under two seconds.
 */
const maxWaitMs = 500;

type Queue = ReturnType<typeof createQueue>;

/** By script and event; an idle one is forgotten. */
const queuesOf = perClient(() => new Map<Script, Map<string, Queue>>());

/**
 * Asks one of an event's scripts to decide on a command. All that is asked of it while calls are on their way goes in the next
 * one, in the order in which it was asked: under load most of a purchase's cost, here and in Redis, is in the call and in the fsync
 * that its answer waits for, and an idle service waits for nobody. Each command has its own reply; one that is AGAIN is asked
 * again. If Redis is away, all that wait throw an UnavailableError immediately; so do those that come while too many wait
 * (load.ts), or that have waited too long. An error in the script fails only the command that it is about.
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

/** Throws, before more is spent on a command, if askTogether would refuse it now because too many wait. */
export function assertRoom(redis: RedisClient, script: Script, eventId: string, kind: Kind): void {
  const length = queuesOf(redis).get(script)?.get(eventId)?.length() ?? 0;
  const load = loadOf(redis);
  if (!hasRoom(length, load[kind])) throw shed(load);
}

function createQueue(redis: RedisClient, script: Script, eventId: string, kind: Kind, onIdle: () => void) {
  const load = loadOf(redis);
  const all = load[kind];
  const waiting: Asked[] = [];
  /** How many are on their way, and whether another leaves at the end of this turn of the event loop. */
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
    const undecided: Asked[] = [];
    await decide(nextBatch(), undecided);
    // In front of all that came after them: the command that has waited longest is refused first.
    waiting.unshift(...undecided);
    all.count += undecided.length;
    calls--;
    callWhenDue();
  }

  /** Settles what is asked, but what is `undecided`. */
  async function decide(batch: Asked[], undecided: Asked[]): Promise<void> {
    if (batch.length === 0) return;
    let replies: Reply[];
    try {
      replies = await callScript(redis, script, eventId, batch);
    } catch (error) {
      // If Redis is away, whatever waits for it must not be sent after it.
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

  /** After an error that changed nothing: finds the command that is at fault, and has the others decided on. */
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
