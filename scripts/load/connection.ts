import { connect, type Socket } from 'node:net';

export type Handler = { onAnswer: (status: number, body: string) => void; onFailure: (error: Error) => void };

/** The receive buffer of all sockets: allocating one per answer took a good part of the generator's CPU time. */
const arrivals = Buffer.alloc(64 * 1024);

const headEnd = Buffer.from('\r\n\r\n');
const contentLength = /\r\ncontent-length: *(\d+)/i;

/**
 * One keep-alive connection that sends JSON POSTs to a path, one at a time. It understands only the part of HTTP/1.1 (RFC 9112)
 * that a server uses if each answer has a Content-Length. The generator shares its cores with the system under load, and a
 * general-purpose client used more CPU per request than Redis.
 */
export function openConnection(url: string) {
  const { hostname, port, host, pathname } = new URL(url);
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
  let socket: Socket | undefined;
  let handler: Handler | undefined;
  let received: Buffer | undefined;

  function open(): Socket {
    const onread = {
      buffer: arrivals,
      callback: (length: number) => {
        readAnswer(arrivals.subarray(0, length));
        return true;
      },
    };
    const opened = connect({ host: hostname, port: Number(port), noDelay: true, onread });
    // Fails once for each socket: after an error, posts use the next socket, which the old one's close must not affect.
    const lose = (error: Error) => {
      if (socket !== opened) return;
      socket = undefined;
      fail(error);
    };
    opened.on('error', lose);
    opened.on('close', () => lose(new Error('the server closed the connection')));
    return opened;
  }

  function readAnswer(chunk: Buffer): void {
    const answer = received === undefined ? chunk : Buffer.concat([received, chunk]);
    received = undefined;
    if (!readWhole(answer)) received = Buffer.from(answer);
  }

  /** Returns false if the answer is incomplete. */
  function readWhole(answer: Buffer): boolean {
    const bodyAt = answer.indexOf(headEnd) + headEnd.length;
    if (bodyAt < headEnd.length) return false;
    const answerHead = answer.toString('latin1', 0, bodyAt);
    const end = bodyAt + Number(contentLength.exec(answerHead)?.[1] ?? Number.NaN);
    if (Number.isNaN(end)) {
      socket?.destroy(new Error(`an answer without Content-Length: ${answerHead}`));
      return true;
    }
    if (answer.length < end) return false;
    const body = answer.toString('utf8', bodyAt, end);
    take()?.onAnswer(Number(answerHead.slice(9, 12)), body);
    return true;
  }

  function fail(error: Error): void {
    received = undefined;
    take()?.onFailure(error);
  }

  function take(): Handler | undefined {
    const taken = handler;
    handler = undefined;
    return taken;
  }

  return {
    /**
     * Sends a body, over a new socket if the server closed the last one. `fields`: more header lines, each with its CRLF. Calls exactly
     * one of the handler's functions, once.
     */
    post(body: string, newHandler: Handler, fields = ''): void {
      socket ??= open();
      handler = newHandler;
      socket.write(`${head}${fields}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
    close: () => void socket?.destroy(),
  };
}

export type Connection = ReturnType<typeof openConnection>;
