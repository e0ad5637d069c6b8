import { ProviderAway, ProviderRefused } from './provider.ts';

type PaypalRequest = { body?: string; requestId?: string };

/** Sends a request to PayPal's REST API, and returns its JSON. Rejects with ProviderAway or ProviderRefused, whose code is PayPal's `issue`. */
export type AskPaypal = <T>(step: string, method: string, path: string, request?: PaypalRequest) => Promise<T>;

/** PayPal's token is renewed so long before it expires. */
const renewMs = 60_000;

/** A client for PayPal's REST API at `url`. It gets an access token when it needs one, and keeps it. */
export function createPaypalClient({
  clientId,
  clientSecret,
  url,
  timeoutMs,
  clock,
}: {
  clientId: string;
  clientSecret: string;
  url: string;
  timeoutMs: number;
  clock: () => number;
}): AskPaypal {
  let token: { value: string; untilMs: number } | undefined;
  let signingIn: Promise<string> | undefined;

  return async <T>(step: string, method: string, path: string, request: PaypalRequest = {}) => {
    const { body, requestId } = request;
    const send = async () =>
      await exchange(step, path, {
        method,
        headers: {
          authorization: `Bearer ${await accessToken()}`,
          'content-type': 'application/json',
          // Else a reply to POST says little more than an id.
          prefer: 'return=representation',
          ...(requestId && { 'paypal-request-id': requestId }),
        },
        ...(body !== undefined && { body }),
      });
    let reply = await send();
    if (reply.status === 401) {
      token = undefined;
      reply = await send();
    }
    if (reply.status < 300) return reply.json as T;
    throw errorOf(step, reply);
  };

  async function accessToken(): Promise<string> {
    if (token && clock() < token.untilMs) return token.value;
    signingIn ??= signIn().finally(() => {
      signingIn = undefined;
    });
    return await signingIn;
  }

  async function signIn(): Promise<string> {
    const beganMs = clock();
    const reply = await exchange('token', '/v1/oauth2/token', {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    // Whatever the reason, it says nothing about a payment.
    if (reply.status !== 200) throw new ProviderAway(`PayPal: token: ${reply.status}`);
    const { access_token: value, expires_in: seconds } = reply.json as { access_token: string; expires_in: number };
    token = { value, untilMs: beganMs + seconds * 1_000 - renewMs };
    return value;
  }

  async function exchange(step: string, path: string, init: RequestInit): Promise<Reply> {
    try {
      const response = await fetch(`${url}${path}`, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      const text = await response.text();
      const json: unknown = text === '' ? {} : JSON.parse(text);
      return { status: response.status, json, debugId: response.headers.get('paypal-debug-id') ?? undefined };
    } catch (error) {
      throw new ProviderAway(`PayPal: ${step}: no reply (${(error as Error).name})`);
    }
  }
}

type Reply = { status: number; json: unknown; debugId: string | undefined };

/** Only codes are taken over: PayPal's descriptions may quote what was sent. */
function errorOf(step: string, { status, json, debugId }: Reply): Error {
  const { name, details } = json as { name?: string; details?: { issue?: string }[] };
  const code = details?.[0]?.issue ?? name ?? String(status);
  const about = `PayPal: ${step}: ${[status, code, debugId].filter(Boolean).join(', ')}`;
  // 401 and 403 are about our credentials, and 409 and 429 about the moment.
  const isRefusal = [400, 404, 422].includes(status);
  return isRefusal ? new ProviderRefused(code, about) : new ProviderAway(about);
}
