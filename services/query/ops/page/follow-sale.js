import { connect } from './connect.js';

/** @import { OpsMessage } from '../messages.ts' */

/** A message comes every second. */
const quietMs = 8_000;

/**
 * Follows what the operator's page is told. Leaves for the sign-in page once the session is over. An event that is not known yet is
 * asked for again, as it may be opened.
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
      if (status === 401) location.assign(`/query/ops?eventId=${encodeURIComponent(eventId)}`);
      if (status === 404) onUnknownEvent();
      return status === 401;
    },
  });
}

/**
 * A page does not learn why a handshake was refused, and some proxies open the socket and close it; a plain request to the same path
 * tells. 0 if nobody answers.
 */
async function statusOf(/** @type {string} */ path) {
  try {
    return (await fetch(path, { cache: 'no-store' })).status;
  } catch {
    return 0;
  }
}
