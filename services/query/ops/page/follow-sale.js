import { connect } from './connect.js';
import { renewSession } from './member.js';

/** @import { OpsMessage } from '../messages.ts' */

/** Messages normally come every second. */
const quietMs = 8_000;

/**
 * Follows an event's messages for the operator's page. Once the session is over and cannot be renewed, goes to the sign-in form. Keeps asking for an unknown
 * event, because it may still be opened.
 * @param {string} eventId
 * @param {(message: OpsMessage) => void} onMessage
 * @param {(isConnected: boolean) => void} onConnected
 * @param {() => void} onUnknownEvent
 */
export function followSale(eventId, onMessage, onConnected, onUnknownEvent) {
  const path = `/query/ops/events/${encodeURIComponent(eventId)}`;
  connect(path, {
    quietMs,
    onMessage: (message) => onMessage(/** @type {OpsMessage} */ (message)),
    onOpen: () => onConnected(true),
    onClose: () => onConnected(false),
    async isOver(hasHeard) {
      const status = hasHeard ? 0 : await statusOf(path);
      if (status === 401 && (await renewSession())) return false;
      if (status === 401) location.assign(`/query/ops?eventId=${encodeURIComponent(eventId)}`);
      if (status === 404) onUnknownEvent();
      return status === 401;
    },
  });
}

/**
 * The status of a plain request to the socket's path, or 0 without a response. A page does not learn why a handshake was refused, and
 * some proxies open the socket and then close it.
 */
async function statusOf(/** @type {string} */ path) {
  try {
    return (await fetch(path, { cache: 'no-store' })).status;
  } catch {
    return 0;
  }
}
