import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * A proxy between a service and the SNS/SQS emulator that calls `trip` for a request with the given action: either instead of
 * forwarding it, or after the emulator has handled it but before the service gets the response.
 */
export async function layTripwire(options: {
  endpoint: string;
  action: 'Publish' | 'DeleteMessageBatch';
  when: 'before' | 'after';
  trip: () => void;
  resources: AsyncDisposableStack;
}): Promise<string> {
  const { endpoint, action, when, trip, resources } = options;
  const { hostname, port } = new URL(endpoint);
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = await buffer(incoming);
    // SQS names its action in a header, SNS in its form body.
    const hit = `${incoming.headers['x-amz-target']} ${body.toString()}`.includes(action);
    if (hit && when === 'before') return trip();
    const { method, url, headers } = incoming;
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      if (hit) return trip();
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  resources.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
