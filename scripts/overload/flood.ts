import { type Connection, openConnection } from '../load/connection.ts';
import { type Latency, latencyOf, newHistogram } from '../load/send.ts';

/** Arrivals at a fixed rate, whether or not earlier ones were answered; each POSTs a body over a free connection. */
export type Flood = {
  url: string;
  /** One body for each connection, followed by those of the arrivals. */
  bodies: string[];
  connections: number;
  ratePerSecond: number;
};

export type FloodResult = {
  kind: 'result';
  /** From the first arrival to the last. */
  elapsedMs: number;
  sent: number;
  /** Arrivals that were not sent, because no connection was free. */
  unsent: number;
  /** Answers by status, and unanswered requests by error. Latency counts from when a request was sent. */
  answers: Record<string, { count: number; latency: Latency }>;
  /** All 201s, including those for the requests that opened the connections. */
  accepted: number;
};

/** Connections opened at the same time. More would overflow the listener's backlog, and the excess would wait a second to retry. */
const openAtOnce = 100;

/** Opens the connections, with one request each that is not measured, then sends the flood. Calls `onOver` at its last arrival. */
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
