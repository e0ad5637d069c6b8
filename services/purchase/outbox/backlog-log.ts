import type { Backlog } from '../../shared/events/outbox-backlog.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';

const logEveryMs = 30_000;

/**
 * Logs the outbox backlog every 30 s while there is one: without Prometheus, a metric can be made from these lines
 * (infra/parts/alarms.ts).
 */
export function startBacklogLog(options: { readBacklog: () => Promise<Backlog>; logger: Logger }) {
  const { readBacklog, logger } = options;
  const timer = setInterval(() => void logBacklog(), logEveryMs);
  return { stop: () => clearInterval(timer) };

  async function logBacklog(): Promise<void> {
    try {
      const { events, oldestSeconds } = await readBacklog();
      if (events > 0)
        logger.info({ outboxEvents: events, outboxOldestSeconds: oldestSeconds }, 'domain events wait to be published');
    } catch (error) {
      logger.warn({ err: error }, 'the outboxes could not be read');
    }
  }
}
