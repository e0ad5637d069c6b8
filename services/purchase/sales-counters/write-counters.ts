import { pulsesKey } from '../../shared/inventory/keys.ts';
import { type Pulse, pulsesKeptMs } from '../../shared/inventory/sales-counters.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { createSampledLog } from '../../shared/telemetry/sampled-log.ts';
import type { Tally } from './sales-counters.ts';

const secondMs = 1_000;

/** Writes the tally to Redis at the end of each second with activity; `stop` writes the rest. */
export function startBeat({ redis, tally, logger }: { redis: RedisClient; tally: Tally; logger: Logger }) {
  const warn = createSampledLog('warn', 'could not write a pulse; the operator page is incomplete');
  let timer = nextSecond();
  return {
    async stop(): Promise<void> {
      clearTimeout(timer);
      await beat(Date.now());
    },
  };

  function nextSecond(): NodeJS.Timeout {
    const now = Date.now();
    const at = now - (now % secondMs);
    return setTimeout(
      () => {
        timer = nextSecond();
        void beat(at);
      },
      at + secondMs - now,
    );
  }

  async function beat(at: number): Promise<void> {
    const counted = tally.take();
    if (!counted) return;
    const pulse: Pulse = { at: at - (at % secondMs), ...counted };
    try {
      await redis.xadd(pulsesKey, 'MINID', '~', at - pulsesKeptMs, '*', 'pulse', JSON.stringify(pulse));
    } catch (error) {
      warn(logger, { err: error });
    }
  }
}
