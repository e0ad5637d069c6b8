import { createServer, type Socket } from 'node:net';
import closeWithGrace from 'close-with-grace';

// Answers any request immediately with as many bytes as a ticket has, so that the load generator is the bottleneck.
const body = JSON.stringify({ ticketId: '0'.repeat(36), filler: 'x'.repeat(280) });
const answer = `HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const health = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';

const sockets = new Set<Socket>();
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket);
  let waiting = '';
  socket.on('data', (chunk) => {
    waiting += chunk.toString('latin1');
    for (let head = waiting.indexOf('\r\n\r\n'); head >= 0; head = waiting.indexOf('\r\n\r\n')) {
      const length = Number(/content-length: (\d+)/i.exec(waiting.slice(0, head))?.[1] ?? 0);
      const end = head + 4 + length;
      if (waiting.length < end) return;
      socket.write(waiting.startsWith('GET') ? health : answer);
      waiting = waiting.slice(end);
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
});
closeWithGrace({ logger: false }, async () => {
  server.close();
  for (const socket of sockets) socket.destroy();
});
server.listen(Number(process.env.PORT), '127.0.0.1');
