import { setTimeout as wait } from 'node:timers/promises';
import { Type } from 'typebox';
import { type CheckResult, Checks as CheckResults, describeFault } from './check-result.ts';
import type { HttpServer } from './http-server.ts';
import { problemResponses, sendProblem } from './problems.ts';

/** A check resolves when its dependency answers, and rejects with the reason if it does not. */
export type Checks = Record<string, () => Promise<unknown>>;

/** How much work is waiting for the service, as plain numbers; names carry units. */
export type Backlogs = Record<string, () => Promise<Record<string, number>>>;

const checkMs = 1_000;
/** Backlogs are only information, so health does not wait long for them. */
const backlogMs = 500;

const Live = Type.Object({ status: Type.Literal('ok') }, { description: 'The process is running' });
const Healthy = Type.Object(
  {
    status: Type.Literal('ok'),
    checks: CheckResults,
    backlog: Type.Optional(
      Type.Record(Type.String(), Type.Record(Type.String(), Type.Number()), {
        description:
          'Work that is waiting; no amount makes the service unhealthy. Figures that cannot be read quickly are left out',
      }),
    ),
  },
  {
    description: 'Every check passed',
    examples: [{ status: 'ok', checks: { redis: 'ok' }, backlog: { outbox: { events: 0, oldestSeconds: 0 } } }],
  },
);

/**
 * `<prefix>/live` shows that the process is running, and checks nothing. `<prefix>/health` is 200 with the backlogs if every check
 * passes, else a 503 problem with the result of each check. Both are public, so hosts and drivers' messages go only to the log.
 */
export function registerHealth(app: HttpServer, prefix: string, checks: Checks, backlogs: Backlogs = {}): void {
  const running = Object.entries(checks).map(([name, check]) => [name, sharing(check)] as const);
  app.get(
    `${prefix}/live`,
    { schema: { operationId: 'live', summary: 'Is the process running?', tags: ['health'], response: { 200: Live } } },
    () => ({ status: 'ok' as const }),
  );
  app.get(
    `${prefix}/health`,
    {
      schema: {
        operationId: 'health',
        summary: 'Can the service do its work?',
        tags: ['health'],
        response: { 200: Healthy, ...problemResponses('SERVICE_UNAVAILABLE') },
      },
    },
    async (_request, reply) => {
      const [report, backlog] = await Promise.all([reportOf(), figuresOf(backlogs)]);
      if (Object.values(report).every((result) => result === 'ok')) {
        return { status: 'ok' as const, checks: report, ...(Object.keys(backlogs).length > 0 && { backlog }) };
      }
      return sendProblem(reply, 'SERVICE_UNAVAILABLE', { checks: report });
    },
  );

  async function reportOf(): Promise<Record<string, CheckResult>> {
    return Object.fromEntries(await Promise.all(running.map(async ([name, check]) => [name, await outcome(name, check)])));
  }

  async function outcome(name: string, check: () => Promise<unknown>): Promise<CheckResult> {
    const late = wait(checkMs, 'timeout' as const, { ref: false });
    try {
      return await Promise.race([check().then(() => 'ok' as const), late]);
    } catch (error) {
      app.log.warn({ check: name, err: error }, 'health: a check failed');
      return describeFault(error);
    }
  }
}

/** Runs one check at a time; concurrent callers share its result. */
function sharing(check: () => Promise<unknown>): () => Promise<unknown> {
  let running: Promise<unknown> | undefined;
  return () => {
    running ??= check().finally(() => {
      running = undefined;
    });
    return running;
  };
}

/** The figures of the backlogs that can be read in time. */
async function figuresOf(backlogs: Backlogs): Promise<Record<string, Record<string, number>>> {
  const reading = Object.entries(backlogs).map(async ([name, read]) => {
    const late = wait(backlogMs, undefined, { ref: false });
    const figures = await Promise.race([read().catch(() => undefined), late]);
    return figures ? [[name, figures] as const] : [];
  });
  return Object.fromEntries((await Promise.all(reading)).flat());
}
