import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import closeWithGrace from 'close-with-grace';
import { addRequest, readAwsRequest, type Tally } from './aws-requests.ts';

// A proxy that counts requests between the services and the SNS/SQS emulator (UPSTREAM). GET /tally returns the counts and
// resets them.
const { hostname, port } = new URL(process.env.UPSTREAM ?? '');
const agent = new Agent({ keepAlive: true });
let tally: Tally = {};

const server = createServer((incoming, outgoing) => {
  if (incoming.url === '/live') {
    outgoing.end();
  } else if (incoming.url === '/tally') {
    outgoing.end(JSON.stringify(tally));
    tally = {};
  } else {
    void pass(incoming, outgoing);
  }
});
closeWithGrace({ logger: false }, async () => {
  server.close();
  server.closeAllConnections();
  agent.destroy();
});
server.listen(Number(process.env.PORT), '127.0.0.1');

async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method, url, headers } = incoming;
  try {
    const body = await text(incoming);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const onward = request({ agent, hostname, port, method, path: url, headers }, resolve).on('error', reject).end(body);
      // An abandoned poll must not receive messages that nobody would read.
      outgoing.on('close', () => onward.destroy());
    });
    const answered = await text(answer);
    const target = headers['x-amz-target'];
    addRequest(tally, readAwsRequest({ target: target === undefined ? undefined : String(target), body, answer: answered }));
    const { 'transfer-encoding': _chunked, ...kept } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, { ...kept, 'content-length': Buffer.byteLength(answered) }).end(answered);
  } catch {
    outgoing.destroy();
  }
}
