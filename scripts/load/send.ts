import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type Connection, type Handler, openConnection } from './connection.ts';

export type Load = {
  /** The URL that each body is POSTed to, as JSON. */
  url: string;
  bodies: string[];
  /** More header lines of the request with each body, each line with its CRLF. */
  headers?: string[];
  connections: number;
  /** Arrivals per second, whether or not earlier ones were answered. Without it, each connection sends as soon as it is free. */
  ratePerSecond?: number;
};

/** One answered request; times are in milliseconds since the first request was due. */
export type Answer = { status: number; body: string; atMs: number; latencyMs: number };

/** A histogram of latencies in microseconds, because it only takes integers. */
export const newHistogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });

/**
 * Sends every body once. Calls `onAnswer` for each answer, and `onFailure` for each request that got none. With a rate, latency
 * counts from when a request was due, so that the requests that a stalled server delays count too (no "coordinated omission").
 * Resolves when all are done.
 */
export function sendAll(
  { url, bodies, headers, connections, ratePerSecond }: Load,
  onAnswer: (answer: Answer) => void,
  onFailure: (error: Error) => void,
): Promise<void> {
  const all = Array.from({ length: connections }, () => openConnection(url));
  const free = [...all];
  const { promise, resolve } = Promise.withResolvers<void>();
  const startedAt = performance.now();
  const dueMs = (at: number) => (ratePerSecond === undefined ? 0 : (at * 1_000) / ratePerSecond);
  let next = 0;
  let left = bodies.length;

  function sendDue(): void {
    const now = performance.now() - startedAt;
    while (next < bodies.length && free.length > 0 && dueMs(next) <= now) send(next++, free.pop() as Connection);
  }

  function send(at: number, connection: Connection): void {
    const sentMs = ratePerSecond === undefined ? performance.now() - startedAt : dueMs(at);
    const done = () => {
      free.push(connection);
      left--;
      if (left === 0) resolve();
      else sendDue();
    };
    const handler: Handler = {
      onAnswer(status, body) {
        const atMs = performance.now() - startedAt;
        onAnswer({ status, body, atMs, latencyMs: atMs - sentMs });
        done();
      },
      onFailure(error) {
        onFailure(error);
        done();
      },
    };
    connection.post(bodies[at] as string, handler, headers?.[at]);
  }

  const clock = ratePerSecond === undefined ? undefined : setInterval(sendDue, 1);
  if (left === 0) resolve();
  sendDue();
  return promise.finally(() => {
    clearInterval(clock);
    for (const connection of all) connection.close();
  });
}

/** Latencies in milliseconds. */
export type Latency = { p50: number; p95: number; p99: number; max: number };

export function latencyOf(histogram: RecordableHistogram): Latency {
  if (histogram.count === 0) return { p50: 0, p95: 0, p99: 0, max: 0 };
  const ms = (percentile: number) => histogram.percentile(percentile) / 1_000;
  return { p50: ms(50), p95: ms(95), p99: ms(99), max: histogram.max / 1_000 };
}
