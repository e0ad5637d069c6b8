import { setTimeout as wait } from 'node:timers/promises';
import { Type } from 'typebox';
import type { HttpServer } from './http-server.ts';
import { problemResponses, sendProblem } from './problems.ts';

/** A check resolves when its dependency answers, and rejects with what is wrong. */
export type Checks = Record<string, () => Promise<unknown>>;

const checkMs = 1_000;

const Live = Type.Object({ status: Type.Literal('ok') }, { description: 'It runs' });
const Healthy = Type.Object(
  { status: Type.Literal('ok'), checks: Type.Record(Type.String(), Type.String()) },
  { description: 'Every check passed', examples: [{ status: 'ok', checks: { database: 'ok' } }] },
);

/**
 * `<prefix>/live` says that the process runs and checks nothing; `<prefix>/health` is 200 when every check passes, else a
 * 503 problem that says which did not.
 */
export function registerHealth(app: HttpServer, prefix: string, checks: Checks): void {
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
      const results = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await outcome(check)]));
      const report: Record<string, string> = Object.fromEntries(results);
      if (Object.values(report).every((result) => result === 'ok')) return { status: 'ok' as const, checks: report };
      return sendProblem(reply, 'SERVICE_UNAVAILABLE', { checks: report });
    },
  );
}

async function outcome(check: () => Promise<unknown>): Promise<string> {
  const late = wait(checkMs, `no answer within ${checkMs} ms`, { ref: false });
  try {
    return await Promise.race([check().then(() => 'ok'), late]);
  } catch (error) {
    return (error as Error).message || String(error);
  }
}
