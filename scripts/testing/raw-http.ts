import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends a text as it is. Returns what the other side sends until it closes the connection. Rejects if it cannot connect. */
export async function exchange(port: number, sent: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  let heard = '';
  socket.setEncoding('utf8').on('data', (text) => {
    heard += text;
  });
  // A reset also closes the connection.
  socket.on('error', () => {});
  socket.write(sent);
  await new Promise((resolve) => socket.once('close', resolve));
  return heard;
}

/** An HTTP/1.x message. */
export const message = (lines: string[], body = '') => `${lines.join('\r\n')}\r\n\r\n${body}`;

/** The one response in `text`: its status, its headers by lower-case name, and its body. */
export function parseResponse(text: string) {
  const at = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, at).split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(statusLine.split(' ')[1]), headers, body: text.slice(at + 4) };
}
