import type { Socket } from 'node:net';

/**
 * Bounds how many WebSockets are served at a time. A connection takes its place before its handshake is completed, so that handshakes
 * that come together cannot exceed the limit, and gives it back when it closes, whether the handshake succeeded or not. Returns whether
 * there was one.
 */
export function createPlaces(most: number): (connection: Socket) => boolean {
  let taken = 0;
  return (connection) => {
    if (taken >= most) return false;
    // One that is closed already says so no more, and its handshake fails.
    if (connection.destroyed) return true;
    taken++;
    connection.once('close', () => {
      taken--;
    });
    return true;
  };
}
