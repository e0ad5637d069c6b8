import type { Logger } from '../telemetry/logger.ts';

/** What was read, as it last was. */
export type Polled<T> = {
  /** Undefined until it was read for the first time. */
  current(): T | undefined;
  /** Reads it again now, unless that happened moments ago. Resolves when that is done, whether it succeeded or not. */
  refresh(): Promise<void>;
  stop(): void;
};

const requestMs = 3_000;
/** Several times as much as a directory of all keys there can be. */
const maxBytes = 32 * 1_048_576;
/** Until something was read once, it is tried this often. */
const firstEveryMs = 1_000;

/**
 * Reads something now and every `everyMs`. While that fails, the last one stays. Requests that need a newer one may cause a read at most
 * every `atMostEveryMs`. `what`: its name in the log.
 */
export function poll<T>(options: {
  what: string;
  read: (signal: AbortSignal) => Promise<T>;
  everyMs: number;
  atMostEveryMs: number;
  logger: Pick<Logger, 'warn'>;
}): Polled<T> {
  const { what, read, everyMs, atMostEveryMs, logger } = options;
  const stopping = new AbortController();
  let known: { document: T } | undefined;
  let reading: Promise<void> | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let isFailing = false;
  let timer: NodeJS.Timeout | undefined;

  async function readSafely(): Promise<void> {
    readAtMs = performance.now();
    clearTimeout(timer);
    try {
      known = { document: await read(AbortSignal.any([stopping.signal, AbortSignal.timeout(requestMs)])) };
      isFailing = false;
    } catch (error) {
      // One line for an outage, however long it lasts.
      if (!isFailing && !stopping.signal.aborted) logger.warn({ err: error, what }, 'cannot be read; what was read last stays');
      isFailing = true;
    }
    const nextMs = known ? everyMs : Math.min(firstEveryMs, everyMs);
    if (!stopping.signal.aborted) timer = setTimeout(() => void readNow(), nextMs).unref();
  }

  function readNow(): Promise<void> {
    reading ??= readSafely().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  void readNow();
  return {
    current: () => known?.document,
    async refresh() {
      const leastMs = known ? atMostEveryMs : Math.min(firstEveryMs, atMostEveryMs);
      if (reading || performance.now() - readAtMs >= leastMs) await readNow();
    },
    stop() {
      stopping.abort();
      clearTimeout(timer);
    },
  };
}

/** Returns a function that reads a JSON document of another service, by its ETag. It follows no redirects, so its headers go nowhere else. */
export function documentReader<T>(options: {
  url: string;
  headers?: () => Promise<Record<string, string>>;
  parse: (json: unknown) => T;
}): (signal: AbortSignal) => Promise<T> {
  const { url, headers = async () => ({}), parse } = options;
  let known: { document: T; etag: string } | undefined;
  return async (signal) => {
    const conditions: Record<string, string> = known ? { 'if-none-match': known.etag } : {};
    const response = await fetch(url, { headers: { ...(await headers()), ...conditions }, signal, redirect: 'error' });
    if (response.status !== 200) await response.body?.cancel();
    if (response.status === 304 && known) return known.document;
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    const document = parse(await jsonOf(response));
    const etag = response.headers.get('etag');
    known = etag === null ? undefined : { document, etag };
    return document;
  };
}

/** A response's body, unless it is too large to be any of our documents. */
async function jsonOf(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // To leave the loop cancels the rest.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`${response.url} answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
