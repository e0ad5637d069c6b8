import { Worker } from 'node:worker_threads';
import type { Static } from 'typebox';
import type { purchaseConfig } from '../config.ts';
import type { Attempt } from './attempts.ts';
import { gatherMs, type Relay } from './relay.ts';

/** The thread's settings; `worker` is the process's number if there are several (workers.ts). */
export type RelaySettings = { config: Static<typeof purchaseConfig>; worker: number | undefined };

/** A message to the thread: the events with new entries, or to stop. */
export type RelayMessage = { wake: string[] } | 'stop';

/**
 * Starts the relay in its own thread (relay-main.ts), with its own connections: in the main thread, packing, signing and sending
 * took much of the event loop's time from buyers. `onAttempt` is called with each attempt to publish. An error that ends the thread is
 * rethrown in this one.
 */
export function startRelayThread(settings: RelaySettings, onAttempt: (attempt: Attempt) => void): Relay {
  const thread = new Worker(new URL('relay-main.ts', import.meta.url), { workerData: settings });
  const finished = new Promise((resolve) => thread.once('exit', resolve));
  thread.on('message', onAttempt);
  thread.on('error', (error) => {
    throw error;
  });
  const send = (message: RelayMessage) => thread.postMessage(message);
  const woken = new Set<string>();
  let isResting = false;
  return {
    wake(eventId) {
      woken.add(eventId);
      if (!isResting) sendWoken();
    },
    async stop() {
      send('stop');
      await finished;
    },
  };

  /** Wakes immediately after a quiet time; then sends one message for everything sold while the relay is gathering anyway. */
  function sendWoken(): void {
    isResting = woken.size > 0;
    if (!isResting) return;
    send({ wake: [...woken] });
    woken.clear();
    setTimeout(sendWoken, gatherMs);
  }
}
