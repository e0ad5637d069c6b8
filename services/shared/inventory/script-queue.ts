import { getOrInsertComputed } from '../basics/get-or-insert.ts';
import type { Script } from '../stores/script.ts';
import { callScript, type ScriptCommand, ScriptError, type ScriptTarget } from './call-script.ts';
import type { Decision } from './decisions.ts';
import { hasRoom, type Kind, type Load, shed } from './load.ts';
import { refuseWithoutInventory } from './opened-events.ts';
import { traceCommand } from './trace-command.ts';

/** Bounds the work of one script call, and so how long it blocks Redis for everyone else: some milliseconds. */
const maxTogether = 256;

/** While Redis decides one call, this process answers the buyers of the other. More calls would only be smaller. */
const maxCalls = 2;

/** In an overload this process serves thousands of sockets between two replies, and Redis must not run out of work meanwhile. */
const maxFullCalls = 6;

/**
 * The longest time from a request to the last call that may decide it. With the second that Redis may take (redis.ts), and the
 * request's wait in its socket, the total stays under two seconds.
 */
const maxWaitMs = 500;

type Queued = {
  command: ScriptCommand;
  sinceMs: number;
  resolve: (decision: Decision) => void;
  reject: (error: unknown) => void;
};

type EventQueue = ReturnType<typeof createEventQueue>;

/** A decision, or why the caller must try again. */
export type Outcome = Exclude<Decision, { kind: 'noInventory' | 'again' }>;

export type ScriptQueue = ReturnType<typeof createScriptQueue>;

/**
 * Queues commands on events, by script and event, and runs the scripts. Up to two calls for an event are in flight, or six full ones.
 * Commands that arrive meanwhile wait and go together, in order of arrival, at most 256 to a call: under load, most of a purchase's
 * cost, here and in Redis, is the call and the fsync that its reply waits for. An idle service sends a command immediately. `load`
 * counts the commands that wait.
 */
export function createScriptQueue({ load, ...target }: ScriptTarget & { load: Load }) {
  /** Idle queues are removed. */
  const queues = new Map<Script, Map<string, EventQueue>>();

  return {
    /**
     * Has an event's script decide a command. A command that one call could not decide is queued again. Throws an UnavailableError
     * immediately if Redis is unreachable (for every waiting command) or lacks the event's inventory, if too many are waiting
     * (load.ts), or if this one has waited too long: then nothing was promised. An error in the script fails only the command that
     * caused it.
     */
    async ask(script: Script, command: ScriptCommand, kind: Kind = 'deciding'): Promise<Outcome> {
      const decision = await traceCommand(script, command, () => queueOf(script, command.eventId, kind).add(command));
      if (decision.kind === 'noInventory') return await refuseWithoutInventory(target.redis, command.eventId);
      return decision as Outcome;
    },

    /** Throws if `ask` would refuse a command now because too many are waiting, before any work is spent on it. */
    assertRoom(script: Script, eventId: string, kind: Kind): void {
      const length = queues.get(script)?.get(eventId)?.length() ?? 0;
      if (!hasRoom(length, load[kind])) throw shed(load);
    },
  };

  function queueOf(script: Script, eventId: string, kind: Kind): EventQueue {
    const ofScript = getOrInsertComputed(queues, script, () => new Map<string, EventQueue>());
    return getOrInsertComputed(ofScript, eventId, () =>
      createEventQueue({ target, script, eventId, load, kind, onIdle: () => ofScript.delete(eventId) }),
    );
  }
}

function createEventQueue(options: {
  target: ScriptTarget;
  script: Script;
  eventId: string;
  load: Load;
  kind: Kind;
  onIdle: () => void;
}) {
  const { target, script, eventId, load, kind, onIdle } = options;
  const all = load[kind];
  const waiting: Queued[] = [];
  /** How many calls are in flight, and whether another will start at the end of this turn of the event loop. */
  let calls = 0;
  let isDue = false;

  return {
    length: () => waiting.length,

    add(command: ScriptCommand): Promise<Decision> {
      if (!hasRoom(waiting.length, all)) return Promise.reject(shed(load));
      return new Promise((resolve, reject) => {
        waiting.push({ command, sinceMs: performance.now(), resolve, reject });
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
    const undecided: Queued[] = [];
    await decide(nextBatch(), undecided);
    // Back to the front of the queue: the command that has waited longest is refused first.
    waiting.unshift(...undecided);
    all.count += undecided.length;
    calls--;
    callWhenDue();
  }

  /** Settles the commands of a batch, except those that it adds to `undecided`. */
  async function decide(batch: Queued[], undecided: Queued[]): Promise<void> {
    if (batch.length === 0) return;
    let decisions: Decision[];
    try {
      decisions = await callScript(
        target,
        script,
        eventId,
        batch.map(({ command }) => command),
      );
    } catch (error) {
      // If Redis is unreachable, commands that wait must not be sent once it is back.
      if (!(error instanceof ScriptError)) batch.push(...leave(waiting.length));
      else if (batch.length > 1) return await decideByHalves(batch, undecided);
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const [at, each] of batch.entries()) {
      const decision = decisions[at] as Decision;
      if (decision.kind === 'again') undecided.push(each);
      else each.resolve(decision);
    }
  }

  /** After an error that changed nothing: isolates the command that caused it, and decides the others. */
  async function decideByHalves(batch: Queued[], undecided: Queued[]): Promise<void> {
    const half = batch.length >> 1;
    await decide(batch.slice(0, half), undecided);
    await decide(batch.slice(half), undecided);
  }

  function nextBatch(): Queued[] {
    const lateBefore = performance.now() - maxWaitMs;
    const inTime = waiting.findIndex(({ sinceMs }) => sinceMs >= lateBefore);
    for (const { reject } of leave(inTime < 0 ? waiting.length : inTime)) reject(shed(load));
    return leave(maxTogether);
  }

  function leave(count: number): Queued[] {
    const left = waiting.splice(0, count);
    all.count -= left.length;
    return left;
  }
}
