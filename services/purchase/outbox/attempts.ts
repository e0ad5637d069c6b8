import type { Publish } from '../../shared/publish.ts';

/** One attempt to publish a message: how many domain events it held, how long it took, and whether SNS accepted it. */
export type Attempt = { events: number; seconds: number; isAccepted: boolean };

/** Wraps `publish` to report each attempt to `tell`. */
export function tellingAttempts(publish: Publish, tell: (attempt: Attempt) => void): Publish {
  return async (message) => {
    const startedAt = performance.now();
    const attempt = (isAccepted: boolean): Attempt => ({
      events: message.count,
      seconds: (performance.now() - startedAt) / 1_000,
      isAccepted,
    });
    try {
      const answer = await publish(message);
      tell(attempt(true));
      return answer;
    } catch (error) {
      tell(attempt(false));
      throw error;
    }
  };
}
