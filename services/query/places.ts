import type { Socket } from 'node:net';

/**
 * Limits how many WebSockets are served at a time. The returned function takes a place for a connection, and returns whether there was
 * one. Call it before the handshake is completed, so that simultaneous handshakes cannot exceed the limit. A connection gives its place
 * back when it closes, whether the handshake succeeded or not.
 */
export function createPlaces(most: number): (connection: Socket) => boolean {
  let taken = 0;
  return (connection) => {
    if (taken >= most) return false;
    // A closed connection emits no further 'close', and its handshake fails anyway.
    if (connection.destroyed) return true;
    taken++;
    connection.once('close', () => {
      taken--;
    });
    return true;
  };
}
