import type { Socket } from 'node:net';
import { createPlaces } from '../shared/limits/places.ts';

/**
 * Limits how many WebSockets are served at a time. The returned function takes a place for a connection, and returns whether there was
 * one. Call it before the handshake is completed, so that simultaneous handshakes cannot exceed the limit. A connection gives its place
 * back when it closes, whether the handshake succeeded or not. With a `client`, it also takes one of the `mostPerClient` places of that client.
 */
export function createSocketPlaces(most: number, mostPerClient = most): (connection: Socket, client?: string) => boolean {
  const takePlace = createPlaces(most, mostPerClient);
  return (connection, client) => {
    const giveBack = takePlace(client);
    if (typeof giveBack === 'string') return false;
    // A closed connection emits no further 'close', and its handshake fails anyway.
    if (connection.destroyed) giveBack();
    else connection.once('close', giveBack);
    return true;
  };
}
