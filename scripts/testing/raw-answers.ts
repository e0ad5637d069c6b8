import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { HttpServer } from '../../services/shared/http/http-server.ts';

export type RawAnswer = { status: number; headers: Record<string, string>; body: string };

/** Opens a connection to a listening server, or to a port. */
export function dial(to: HttpServer | number): Socket {
  const port = typeof to === 'number' ? to : (to.server.address() as AddressInfo).port;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  return socket;
}

/** Sends bytes on a new connection. Returns the responses that come until the server closes it. */
export async function exchange(app: HttpServer, bytes: string): Promise<RawAnswer[]> {
  const socket = dial(app);
  socket.write(bytes, 'latin1');
  return answersIn(await text(socket));
}

/** Parses everything that a server sent on one connection into responses. Throws if it is anything else. */
export function answersIn(sent: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = sent; rest !== ''; ) {
    const [head = '', ...lines] = rest.slice(0, rest.indexOf('\r\n\r\n')).split('\r\n');
    const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? [];
    if (status === undefined) throw new Error(`not an HTTP response: ${rest}`);
    const headers = headersIn(lines);
    const start = rest.indexOf('\r\n\r\n') + 4;
    const end = start + Number(headers['content-length'] ?? 0);
    answers.push({ status: Number(status), headers, body: rest.slice(start, end) });
    rest = rest.slice(end);
  }
  return answers;
}

/** The headers in the lines of a response, by lower-case name. */
export const headersIn = (lines: string[]): Record<string, string> =>
  Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]));
