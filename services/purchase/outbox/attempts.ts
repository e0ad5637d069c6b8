import { isRefusedBySns, type Publish } from '../../shared/events/publish.ts';

/** One attempt to publish a message: how many domain events it held, how long it took, and whether SNS accepted or refused it. */
export type Attempt = { domainEvents: number; seconds: number; outcome: 'accepted' | 'refused' | 'failed' };

/** Wraps `publish` to report each attempt to `report`. */
export function reportingAttempts(publish: Publish, report: (attempt: Attempt) => void): Publish {
  return async (message) => {
    const startedAt = performance.now();
    const attempt = (outcome: Attempt['outcome']): Attempt => ({
      domainEvents: message.count,
      seconds: (performance.now() - startedAt) / 1_000,
      outcome,
    });
    try {
      const messageId = await publish(message);
      report(attempt('accepted'));
      return messageId;
    } catch (error) {
      report(attempt(isRefusedBySns(error) ? 'refused' : 'failed'));
      throw error;
    }
  };
}
