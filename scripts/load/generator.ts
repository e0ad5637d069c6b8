import { type Latency, type Load, latencyOf, newHistogram, sendAll } from './send.ts';

/** The counts and latency since the last report, and the latency of all requests so far; `atMs` since the first request. */
export type Progress = {
  kind: 'progress';
  atMs: number;
  accepted: number;
  refused: number;
  failed: number;
  latency: Latency;
  latencySoFar: Latency;
};

export type LoadResult = {
  kind: 'result';
  /** From the first request to the last answer; `lastAcceptedMs` to the last 2xx. */
  elapsedMs: number;
  lastAcceptedMs: number;
  /** Unix time of the first request. */
  startedAtMs: number;
  accepted: number;
  /** Counts of 4xx answers by the problem's code. */
  refused: Record<string, number>;
  /** Counts of other answers by status, and of unanswered requests by error. None of these is expected. */
  failed: Record<string, number>;
  latency: Latency;
  /** The bodies of the 2xx answers. */
  answers: string[];
  /** CPU time of the generator itself. */
  cpuMs: number;
};

const reportMs = 100;

// The parent process is gone, or has its result.
process.once('disconnect', () => process.exit());

// The generator is a separate process, so that showing and judging the run takes no time from it.
process.once('message', (load: Load) => void runAndTell(load));

async function runAndTell(load: Load): Promise<void> {
  process.send?.(await run(load), () => process.disconnect());
}

async function run(load: Load): Promise<LoadResult> {
  const all = newHistogram();
  const recent = newHistogram();
  const counts = { accepted: 0, refused: 0, failed: 0 };
  const refused = new Map<string, number>();
  const failed = new Map<string, number>();
  const answers: string[] = [];
  let elapsedMs = 0;
  let lastAcceptedMs = 0;
  const startedAtMs = Date.now();
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();

  const report = () => {
    const atMs = performance.now() - startedAt;
    const [latency, latencySoFar] = [latencyOf(recent), latencyOf(all)];
    const progress: Progress = { kind: 'progress', atMs, ...counts, latency, latencySoFar };
    // If the parent is gone, sending fails; that is not an error, because the process exits on disconnect (see above).
    process.send?.(progress, () => {});
    recent.reset();
    Object.assign(counts, { accepted: 0, refused: 0, failed: 0 });
  };
  const reporter = setInterval(report, reportMs);
  const count = (in_: Map<string, number>, what: string) => in_.set(what, (in_.get(what) ?? 0) + 1);
  await sendAll(
    load,
    ({ status, body, atMs, latencyMs }) => {
      elapsedMs = atMs;
      const us = Math.max(1, Math.round(latencyMs * 1_000));
      all.record(us);
      recent.record(us);
      if (status < 300) {
        counts.accepted++;
        answers.push(body);
        lastAcceptedMs = atMs;
      } else if (status >= 400 && status < 500) {
        counts.refused++;
        count(refused, /"code":"([A-Z_]+)"/.exec(body)?.[1] ?? String(status));
      } else {
        counts.failed++;
        count(failed, String(status));
      }
    },
    (error) => {
      counts.failed++;
      count(failed, (error as { code?: string }).code ?? error.message);
    },
  );
  clearInterval(reporter);
  report();
  const cpu = process.cpuUsage(cpuBefore);
  const cpuMs = (cpu.user + cpu.system) / 1_000;
  const latency = latencyOf(all);
  const accepted = answers.length;
  return {
    ...{ kind: 'result', elapsedMs, lastAcceptedMs, startedAtMs, accepted, latency, answers, cpuMs },
    refused: Object.fromEntries(refused),
    failed: Object.fromEntries(failed),
  };
}
