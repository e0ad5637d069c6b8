import { salesSecondsKey } from '../../shared/inventory/keys.ts';
import { type SalesSecond, secondsKeptMs } from '../../shared/inventory/sales-seconds.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import type { SalesCounters } from './sales-counters.ts';

const secondMs = 1_000;

/** Writes the counters to Redis at the end of each second with activity; `stop` writes the rest. */
export function startWritingCounters({
  redis,
  counters,
  logger,
}: {
  redis: RedisClient;
  counters: SalesCounters;
  logger: Logger;
}) {
  const warn = createSampledLog('warn', 'could not write a second; the operator page is incomplete');
  let timer = nextSecond();
  return {
    async stop(): Promise<void> {
      clearTimeout(timer);
      await write(Date.now());
    },
  };

  function nextSecond(): NodeJS.Timeout {
    const now = Date.now();
    const at = now - (now % secondMs);
    return setTimeout(
      () => {
        timer = nextSecond();
        void write(at);
      },
      at + secondMs - now,
    );
  }

  async function write(at: number): Promise<void> {
    const counted = counters.takeSecond();
    if (!counted) return;
    const second: SalesSecond = { at: at - (at % secondMs), ...counted };
    try {
      await redis.xadd(salesSecondsKey, 'MINID', '~', at - secondsKeptMs, '*', 'second', JSON.stringify(second));
    } catch (error) {
      warn(logger, { err: error });
    }
  }
}
