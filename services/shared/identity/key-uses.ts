import type { Logger } from '../telemetry/logger.ts';

const requestMs = 3_000;

/** Notes when API keys were last used, and tells the accounts service every `everyMs`; what it could not be told, it is told later. */
export function startKeyUses(options: {
  everyMs: number;
  url: string;
  headers: () => Promise<Record<string, string>>;
  logger: Pick<Logger, 'warn'>;
}) {
  const { everyMs, url, headers, logger } = options;
  /** By key: milliseconds since 1970. There are no more entries than keys. */
  let uses = new Map<string, number>();

  async function send(): Promise<void> {
    if (uses.size === 0) return;
    const sending = uses;
    uses = new Map();
    try {
      const body = JSON.stringify({
        uses: Object.fromEntries([...sending].map(([keyId, ms]) => [keyId, new Date(ms).toISOString()])),
      });
      const all = { ...(await headers()), 'content-type': 'application/json' };
      const signal = AbortSignal.timeout(requestMs);
      // It follows no redirects, so its headers go nowhere else.
      const response = await fetch(url, { method: 'POST', headers: all, body, signal, redirect: 'error' });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    } catch (error) {
      logger.warn({ err: error }, 'when API keys were last used could not be told; it is tried again');
      uses = new Map([...sending, ...uses]);
    }
  }

  const timer = setInterval(() => void send(), everyMs).unref();
  return {
    note: (keyId: string): void => void uses.set(keyId, Date.now()),
    async stop(): Promise<void> {
      clearInterval(timer);
      await send();
    },
  };
}
