import { Server, Socket } from 'node:net';

// Loaded before a command (--import) that must neither listen nor connect. Node's permissions refuse all else that a command could do.

const refuse = (what: string) => () => {
  console.error(`ERR_NETWORK_REFUSED: ${what}`);
  process.exit(97);
};

Server.prototype.listen = refuse('listen');
Socket.prototype.connect = refuse('connect');
