import { isRefusal, type Publish } from '../../shared/events/publish.ts';

/** One attempt to publish a message: how many domain events it held, how long it took, and whether SNS accepted or refused it. */
export type Attempt = { events: number; seconds: number; outcome: 'accepted' | 'refused' | 'failed' };

/** Wraps `publish` to report each attempt to `tell`. */
export function tellingAttempts(publish: Publish, tell: (attempt: Attempt) => void): Publish {
  return async (message) => {
    const startedAt = performance.now();
    const attempt = (outcome: Attempt['outcome']): Attempt => ({
      events: message.count,
      seconds: (performance.now() - startedAt) / 1_000,
      outcome,
    });
    try {
      const answer = await publish(message);
      tell(attempt('accepted'));
      return answer;
    } catch (error) {
      tell(attempt(isRefusal(error) ? 'refused' : 'failed'));
      throw error;
    }
  };
}
