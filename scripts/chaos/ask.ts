import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Random } from '../testing/random.ts';
import type { History } from './history.ts';
import type { Session } from './session.ts';

/** A request to a service, below the path of its API. */
type Request = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: object;
  /** Idempotency-Key. */
  key?: string;
  headers?: Record<string, string>;
  /** Whether it is idempotent by itself, and may be sent again without a key. */
  isRepeatable?: boolean;
};

export type Answer = { status: number; code: string; body: Record<string, unknown> };

export type Ask = (request: Request) => Promise<Answer | undefined>;

/** How long a buyer waits for a response. */
const answerMs = 3_000;
/** The pause after a request whose outcome is unknown, before the next attempt or request. */
const patienceMs = { least: 50, most: 400 };
const shareAskedTwice = 0.05;

/**
 * Returns the function through which a buyer sends requests to a service. `urls`: the paths of its API, at each task. Each request goes to a
 * random task, as through a load balancer. A request whose outcome is unknown is retried until `giveUp`, if it cannot take effect twice. Resolves to undefined
 * if the outcome remains unknown. `session`: of a signed-in buyer. Some keyed requests are sent once more, and the replay must equal the first answer.
 */
export function createAsk(options: {
  urls: string[];
  random: Random;
  history: History;
  giveUp: AbortSignal;
  session?: Pick<Session, 'authorization'> | undefined;
}): Ask {
  const { urls, random, history, giveUp, session } = options;

  async function untilAnswered(request: Request): Promise<Answer | undefined> {
    const mayRepeat = request.key !== undefined || request.isRepeatable === true;
    for (;;) {
      const answer = await send(random.pick(urls), request, await session?.authorization());
      history.requests++;
      if (typeof answer === 'object') return answer;
      history.unanswered++;
      await pause(random.between(patienceMs.least, patienceMs.most));
      if ((answer === 'unknown' && !mayRepeat) || giveUp.aborted) return undefined;
    }
  }

  return async (request) => {
    const answer = await untilAnswered(request);
    if (answer && answer.status >= 500) history.surprises.push(`${nameOf(request)} returned ${inShort(answer)}`);
    if (!answer && request.key !== undefined)
      history.surprises.push(`${nameOf(request)} was never answered, although it was retried`);
    if (!answer || request.key === undefined || !random.chance(shareAskedTwice)) return answer;
    const again = await untilAnswered(request);
    if (again) history.askedTwice++;
    if (again && !isDeepStrictEqual(again, answer))
      history.surprises.push(`${nameOf(request)} returned ${inShort(answer)}, and its replay ${inShort(again)}`);
    return answer;
  };
}

async function send(
  base: string,
  { method, path, body, key, headers }: Request,
  authorization: string | undefined,
): Promise<Answer | 'not sent' | 'unknown'> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${base}/${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...headers,
        ...(authorization !== undefined && { authorization }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerMs),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    return wasRefused(error) ? 'not sent' : 'unknown';
  }
  // 503: the request may have taken effect. 408: it did not arrive completely.
  if (status === 503) return 'unknown';
  if (status === 408) return 'not sent';
  const read = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  return { status, code: typeof read.code === 'string' ? read.code : '', body: read };
}

/** The connection was refused, so the request cannot have taken effect. */
function wasRefused(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code === 'ECONNREFUSED';
}

const nameOf = ({ method, path, body, key }: Request) =>
  `${method} ${path} ${body ? JSON.stringify(body) : ''}${key === undefined ? '' : ` with Idempotency-Key ${key}`}`;

const inShort = ({ status, body }: Answer) => `${status} ${JSON.stringify(body)}`;
