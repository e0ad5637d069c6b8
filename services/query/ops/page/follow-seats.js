import { connect } from './connect.js';
import { createSeatMap } from './seat-map.js';

/** @import { Snapshot } from '../../live/snapshot.ts' */
/** @import { Delta } from '../../live/delta.ts' */

/** While nobody buys, no message comes; a requested snapshot then shows that the connection is alive. */
const quietMs = 45_000;

/**
 * Follows an event's seats over the public WebSocket.
 * @param {string} eventId
 * @param {(changed: ReadonlySet<number>) => void} onChange called with the zones to draw
 * @param {(isLive: boolean) => void} onLive called when this changes; it starts as false
 * @param {() => void} onSnapshot called for each snapshot: zones may have changed
 */
export function followSeats(eventId, onChange, onLive, onSnapshot) {
  const map = createSeatMap();
  let isWaiting = true;
  let wasLive = false;
  const askSnapshot = (/** @type {(text: string) => void} */ send) => send('{"type":"snapshot"}');

  function setLive(/** @type {boolean} */ isLive) {
    if (isLive !== wasLive) onLive(isLive);
    wasLive = isLive;
  }

  /** @param {{ type: string }} message */
  function take(message) {
    if (message.type === 'unavailable') {
      setLive(false);
    } else if (message.type === 'snapshot') {
      isWaiting = false;
      setLive(true);
      onChange(map.replace(/** @type {Snapshot} */ (message)));
      onSnapshot();
    } else if (message.type === 'delta' && !isWaiting) {
      const changed = map.apply(/** @type {Delta} */ (message));
      isWaiting = changed === undefined;
      if (changed) onChange(changed);
      else askSnapshot(connection.send);
    }
  }

  const connection = connect(`/query/ws/v1/events/${encodeURIComponent(eventId)}`, {
    quietMs,
    onQuiet: askSnapshot,
    onMessage: take,
    onClose() {
      isWaiting = true;
      setLive(false);
    },
  });
  return map.zones;
}
