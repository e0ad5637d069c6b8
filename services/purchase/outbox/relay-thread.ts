import { Worker } from 'node:worker_threads';
import type { Static } from 'typebox';
import type { purchaseConfig } from '../config.ts';
import type { Attempt } from './attempts.ts';
import { gatherMs, type Relay } from './relay.ts';

/** What the thread is started with; `worker` is the process's number where there are several (workers.ts). */
export type RelaySettings = { config: Static<typeof purchaseConfig>; worker: number | undefined };

/** What the thread is told: the events that have something new, or to stop. */
export type RelayMessage = { wake: string[] } | 'stop';

/**
 * Starts the relay in a thread of its own (relay-main.ts), with its own connections: packing, signing and sending took a good
 * part of the event loop from the buyers. `onAttempt` hears of what it publishes. An error that ends the thread is thrown in this one.
 */
export function startRelayThread(settings: RelaySettings, onAttempt: (attempt: Attempt) => void): Relay {
  const thread = new Worker(new URL('relay-main.ts', import.meta.url), { workerData: settings });
  const finished = new Promise((resolve) => thread.once('exit', resolve));
  thread.on('message', onAttempt);
  thread.on('error', (error) => {
    throw error;
  });
  const tell = (message: RelayMessage) => thread.postMessage(message);
  const woken = new Set<string>();
  let isResting = false;
  return {
    wake(eventId) {
      woken.add(eventId);
      if (!isResting) tellWoken();
    },
    async stop() {
      tell('stop');
      await finished;
    },
  };

  /** At once when it was quiet, and then one message for all that is sold while the relay gathers anyway. */
  function tellWoken(): void {
    isResting = woken.size > 0;
    if (!isResting) return;
    tell({ wake: [...woken] });
    woken.clear();
    setTimeout(tellWoken, gatherMs);
  }
}
