import { Server, Socket } from 'node:net';

// Preloaded (--import) into a command that must neither listen nor connect. Node's permissions refuse everything else.

const refuse = (what: string) => () => {
  console.error(`ERR_NETWORK_REFUSED: ${what}`);
  process.exit(97);
};

Server.prototype.listen = refuse('listen');
Socket.prototype.connect = refuse('connect');
