import { connect } from './connect.js';

/** @import { OpsMessage } from '../messages.ts' */

/** A message comes every second. */
const quietMs = 8_000;

/** The server's close code for a session that is over. */
const signedOut = 4401;

/**
 * Follows what the operator's page is told. Leaves for the sign-in page once the session is over.
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
    async isOver(code, hasOpened) {
      const status = code === signedOut ? 401 : hasOpened ? 0 : await statusOf(path);
      if (status === 401) location.assign(`/query/ops?eventId=${encodeURIComponent(eventId)}`);
      if (status === 404) onUnknownEvent();
      return status === 401 || status === 404;
    },
  });
}

/** A page is not told why a handshake was refused; the same path, asked plainly, tells. 0 where nobody answers. */
async function statusOf(/** @type {string} */ path) {
  try {
    return (await fetch(path, { cache: 'no-store' })).status;
  } catch {
    return 0;
  }
}
