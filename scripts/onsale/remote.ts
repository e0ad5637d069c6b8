import { setTimeout as pause } from 'node:timers/promises';

export type Reply = { status: number; etag: string; link: string; body: unknown; retryAfterSeconds: number };

type Sending = { body?: unknown; headers?: Record<string, string> };

export type Remote = ReturnType<typeof connectRemote>;

const prefix = '/catalogue/api/v1';
const responseMs = 60_000;
const maxTries = 5;

/**
 * The organiser's API of a remote installation, as its owner of an API key. Requests that are refused because the client is too fast, or because
 * a store is away, are sent again after the time that the reply names.
 */
export function connectRemote({ url, apiKey }: { url: string; apiKey: string }) {
  const origin = new URL(url).origin;

  async function send(method: string, path: string, { body, headers = {} }: Sending = {}): Promise<Reply> {
    for (let tried = 1; ; tried++) {
      const reply = await sendOnce(method, path, { body, headers });
      if ((reply.status !== 429 && reply.status !== 503) || tried === maxTries) return reply;
      await pause(reply.retryAfterSeconds * 1_000);
    }
  }

  async function sendOnce(method: string, path: string, { body, headers }: Sending): Promise<Reply> {
    const response = await fetch(origin + prefix + path, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(responseMs),
    }).catch((error: Error) => {
      const { cause = error } = error;
      throw new Error(`${origin} cannot be reached: ${(cause as Error).message || (cause as { code?: string }).code}`);
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? '',
      link: response.headers.get('link') ?? '',
      body: parse(text),
      retryAfterSeconds: Number(response.headers.get('retry-after') ?? 1) || 1,
    };
  }

  /** Returns a reply that is a success. Throws the reasons of any other. */
  function accept(reply: Reply): Reply {
    if (reply.status < 400) return reply;
    const { code, title, reasons } = refusalOf(reply);
    if (reply.status === 401) throw new Error(`${origin} does not accept the API key (ONSALE_API_KEY)`);
    throw new Error(
      code === '' ? `${origin} replied ${reply.status}` : [`Refused by ${origin}: ${title}`, ...reasons].join('\n  '),
    );
  }

  /** Sends a request that must succeed; `unknown` is thrown if there is no such event. */
  async function ask(method: string, path: string, { unknown, ...sending }: Sending & { unknown?: Error }): Promise<Reply> {
    const reply = await send(method, path, sending);
    if (unknown && reply.status === 404 && refusalOf(reply).code === 'EVENT_NOT_FOUND') throw unknown;
    return accept(reply);
  }

  /** Yields the entries of a list, page after page. */
  async function* pages<Entry>(path: string, unknown?: Error): AsyncGenerator<Entry> {
    for (let next: string | undefined = path; next !== undefined; ) {
      const reply: Reply = await ask('GET', next, unknown ? { unknown } : {});
      yield* reply.body as Entry[];
      next = /^<([^>]+)>; rel="next"$/.exec(reply.link)?.[1]?.slice(prefix.length);
    }
  }

  return { send, accept, ask, pages, origin };
}

/** The code of a problem (RFC 9457), and its reasons, a line each. */
export function refusalOf({ body }: Pick<Reply, 'body'>): { code: string; title: string; reasons: string[] } {
  const {
    code = '',
    title = '',
    detail,
    errors = [],
  } = Object(body) as {
    code?: string;
    title?: string;
    detail?: string;
    errors?: { detail: string; pointer?: string; parameter?: string }[];
  };
  const lines = errors.map(({ pointer, parameter, detail: why }) => {
    const where = pointer ?? parameter;
    return where === undefined || code === 'SEAT_TAKEN' || code === 'SEAT_NOT_FOUND' ? why : `${where} ${why}`;
  });
  return { code, title, reasons: [...(detail === undefined ? [] : [detail]), ...lines] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
