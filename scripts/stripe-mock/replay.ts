import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type Recorded = { method: string; path: string; headers: Record<string, string>; body: string };

/** What stripe-mock wants of a secret key. */
const mockKey = 'sk_test_123';
const sent = ['content-type', 'stripe-version', 'idempotency-key'];

/** A proxy in front of `target` that keeps each kind of request: a method, a path without its ids, and the names of its parameters. */
export async function record(target: string, resources: AsyncDisposableStack) {
  const kinds = new Map<string, Recorded>();
  const server = createServer((request, response) => void pass(request, response));
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = request;
    const body = await text(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => name !== 'host' && name !== 'connection'),
    );
    const kept = Object.fromEntries(sent.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])));
    kinds.set(kindOf(method, path, body), { method, path, headers: kept, body });
    const { 'content-length': _, ...onward } = headers as Record<string, string>;
    const reply = await fetch(`${target}${path}`, { method, headers: onward, ...(body !== '' && { body }) });
    const type = reply.headers.get('content-type') ?? 'application/json';
    const replayed = reply.headers.get('idempotent-replayed');
    response
      .writeHead(reply.status, { 'content-type': type, ...(replayed !== null && { 'idempotent-replayed': replayed }) })
      .end(await reply.text());
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, recorded: () => [...kinds.values()] };
}

/** ("GET", "/v1/refunds/re_1?limit=1") → "GET /v1/refunds/: limit". */
function kindOf(method: string, url: string, body: string): string {
  const [path = '', query] = url.split('?');
  const names = [...new URLSearchParams(query ?? body).keys()].toSorted();
  return `${method} ${path.replace(/\/(pi|re)_\w+/g, '/')}: ${names.join(' ')}`;
}

/** Sends a request to stripe-mock. Returns why it was refused, or undefined. */
export async function replay({ method, path, headers, body }: Recorded, url: string): Promise<string | undefined> {
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: { ...headers, authorization: `Bearer ${mockKey}` },
    ...(body !== '' && { body }),
  });
  const answer = await reply.text();
  return reply.ok ? undefined : `${reply.status} ${answer}`;
}
