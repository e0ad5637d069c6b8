import { type Connection, openConnection } from '../load/connection.ts';
import { type Latency, latencyOf, newHistogram } from '../load/send.ts';

/** Arrivals that come at their rate whatever becomes of earlier ones; each POSTs a body over a connection that is free. */
export type Flood = {
  url: string;
  /** Those of the arrivals, and before them one for each connection. */
  bodies: string[];
  connections: number;
  ratePerSecond: number;
};

export type FloodResult = {
  kind: 'result';
  /** From the first arrival to the last. */
  elapsedMs: number;
  sent: number;
  /** Arrivals that found no connection free, and were not sent. */
  unsent: number;
  /** Answers by status, from when they were sent; requests that got none by error. */
  answers: Record<string, { count: number; latency: Latency }>;
  /** 201s, those included that opened the connections. */
  accepted: number;
};

/** Connections that are opened at the same time: as many as a listener may have waiting, and then some would wait for a second. */
const openAtOnce = 100;

/** Opens the connections, with a request each that does not count, then lets the flood come; `onOver` hears of its last arrival. */
export async function flood({ url, bodies, connections, ratePerSecond }: Flood, onOver: () => void): Promise<FloodResult> {
  const free = Array.from({ length: connections }, () => openConnection(url));
  const all = [...free];
  const answers = new Map<string, ReturnType<typeof newHistogram>>();
  let accepted = 0;
  let inHand = 0;

  const send = (connection: Connection, body: string, onDone: (what: string, latencyMs: number) => void) => {
    const sentAt = performance.now();
    inHand++;
    const done = (what: string) => {
      inHand--;
      if (what === '201') accepted++;
      onDone(what, performance.now() - sentAt);
    };
    connection.post(body, {
      onAnswer: (status) => done(String(status)),
      onFailure: (error) => done((error as { code?: string }).code ?? error.message),
    });
  };

  await Promise.all(
    Array.from({ length: openAtOnce }, async (_, first) => {
      for (let at = first; at < connections; at += openAtOnce) {
        await new Promise((resolve) => send(all[at] as Connection, bodies[at] as string, resolve));
      }
    }),
  );

  const arrivals = bodies.slice(connections);
  const startedAt = performance.now();
  let next = 0;
  let unsent = 0;
  const arrive = () => {
    const due = Math.min(arrivals.length, Math.floor(((performance.now() - startedAt) * ratePerSecond) / 1_000));
    for (; next < due; next++) {
      const connection = free.pop();
      if (!connection) {
        unsent += due - next;
        next = due;
        return;
      }
      send(connection, arrivals[next] as string, (what, latencyMs) => {
        free.push(connection);
        const histogram = answers.get(what) ?? newHistogram();
        answers.set(what, histogram);
        histogram.record(Math.max(1, Math.round(latencyMs * 1_000)));
      });
    }
  };
  await every(1, arrive, () => next === arrivals.length);
  const elapsedMs = performance.now() - startedAt;
  onOver();
  await every(
    1,
    () => {},
    () => inHand === 0,
  );
  for (const connection of all) connection.close();
  const latencies = [...answers].map(([what, histogram]) => [what, { count: histogram.count, latency: latencyOf(histogram) }]);
  const sent = arrivals.length - unsent;
  return { kind: 'result', elapsedMs, sent, unsent, answers: Object.fromEntries(latencies), accepted };
}

function every(ms: number, work: () => void, isDone: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      work();
      if (!isDone()) return;
      clearInterval(timer);
      resolve();
    }, ms);
  });
}
