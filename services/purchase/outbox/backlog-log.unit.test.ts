import { pino } from 'pino';
import { afterEach, expect, it, vi } from 'vitest';
import type { Backlog } from '../../shared/events/outbox-backlog.ts';
import { startBacklogLog } from './backlog-log.ts';

afterEach(() => void vi.useRealTimers());

it('logs the outbox backlog while there is one, and that the outboxes cannot be read', async () => {
  vi.useFakeTimers();
  const lines: object[] = [];
  const logger = pino({}, { write: (line) => void lines.push(JSON.parse(line) as object) });
  const answers: (Backlog | Error)[] = [{ events: 0, oldestSeconds: 0 }, { events: 7, oldestSeconds: 1.5 }, new Error('away')];
  const readBacklog = async () => {
    const answer = answers.shift() ?? { events: 1, oldestSeconds: 0 };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const log = startBacklogLog({ readBacklog, logger });
  await vi.advanceTimersByTimeAsync(90_000);
  log.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines).toMatchObject([
    { outboxEvents: 7, outboxOldestSeconds: 1.5 },
    { level: 40, err: { message: 'away' } },
  ]);
});
