import { currentTraceparent } from '../telemetry/current-trace.ts';
import { UnavailableError } from './problems.ts';

const responseMs = 5_000;

/** Another service's reply: its status, and its body as JSON; {} if it has none. */
export type ServiceReply = { status: number; isOk: boolean; body: Record<string, unknown> };

/**
 * Sends a request to another service (`name`, for messages) and reads the whole reply, which may be cut off, too. Throws an
 * UnavailableError if the service cannot be reached, or asks to come back later: then the request may have taken effect.
 */
export async function askService(
  name: string,
  url: string,
  { method = 'POST', headers, body }: { method?: 'GET' | 'POST'; headers: Record<string, string>; body?: object },
): Promise<ServiceReply> {
  const unavailable = (why: string) => new UnavailableError('SERVICE_UNAVAILABLE', `${name} ${why}`);
  const traceparent = currentTraceparent();
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(traceparent !== undefined && { traceparent }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(responseMs),
      // Followed, a redirect would end in a GET elsewhere, whose success means nothing.
      redirect: 'manual',
    });
    text = await response.text();
  } catch (error) {
    throw unavailable(`cannot be reached: ${causeOf(error)}`);
  }
  const parsed = parse(text);
  const { status, ok } = response;
  if (status >= 500 || status === 429 || (status >= 300 && status < 400))
    throw unavailable(`replied ${status} ${codeIn(parsed)}`);
  if (ok && parsed === undefined) throw unavailable('replied something that is not JSON');
  return { status, isOk: ok, body: parsed ?? {} };
}

/** The code of the problem in a reply; '' if there is none. */
export const codeIn = (body: Record<string, unknown> | undefined): string => String(body?.code ?? '');

const causeOf = (error: unknown) => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || (cause as Error & { code?: string }).code : message;
};

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
