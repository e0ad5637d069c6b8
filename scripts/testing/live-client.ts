import type { Delta } from '../../services/query/live/delta.ts';
import type { Snapshot, ZoneSnapshot } from '../../services/query/live/snapshot.ts';

export type LiveMessage = Snapshot | Delta | { type: 'unavailable' };

/** A zone as a client shows it; `taken` and `blockedSeats` have a bit for each seat. */
export type ShownZone = Omit<ZoneSnapshot, 'taken' | 'blockedSeats'> & { taken?: Buffer; blockedSeats?: Buffer };

/** An event's seat map, as a client builds it from the messages it receives. */
export function createShownMap() {
  const zones = new Map<number, ShownZone>();
  let version: number | undefined;
  return {
    zones,
    version: () => version,
    /** Returns false, and changes nothing, if a message was missed before this one. */
    apply(message: Snapshot | Delta): boolean {
      if (message.type === 'snapshot') {
        zones.clear();
        for (const { taken, blockedSeats, ...zone } of message.zones) {
          if (taken === undefined) zones.set(zone.zoneId, zone);
          else {
            const bits = Buffer.from(taken, 'base64');
            const blocked = blockedSeats === undefined ? Buffer.alloc(bits.length) : Buffer.from(blockedSeats, 'base64');
            zones.set(zone.zoneId, { ...zone, taken: bits, blockedSeats: blocked });
          }
        }
        version = message.version;
        return true;
      }
      if (message.from !== version) return false;
      for (const { zoneId, taken, freed, blockedSeats = [], unblockedSeats = [], ...counts } of message.zones) {
        const zone = zones.get(zoneId);
        if (!zone) throw new Error(`a delta of zone ${zoneId}, which no snapshot had`);
        Object.assign(zone, counts);
        for (const bit of taken) turn(zone, 'taken', bit, 1);
        for (const bit of freed) turn(zone, 'taken', bit, 0);
        for (const bit of blockedSeats) turn(zone, 'blockedSeats', bit, 1);
        for (const bit of unblockedSeats) turn(zone, 'blockedSeats', bit, 0);
      }
      version = message.to;
      return true;
    },
  };
}

/** Sets a bit. Throws if it already has that value, because a delta must list only changes. */
function turn(zone: ShownZone, word: 'taken' | 'blockedSeats', bit: number, to: 0 | 1): void {
  const { zoneId, [word]: bits } = zone;
  const [at, mask] = [bit >> 3, 0x80 >> (bit & 7)];
  const byte = bits?.[at];
  if (bits === undefined || byte === undefined) throw new Error(`zone ${zoneId} has no bit ${bit}`);
  if ((byte & mask) === (to ? mask : 0)) throw new Error(`bit ${bit} of zone ${zoneId} was ${to} before`);
  bits[at] = byte ^ mask;
}

export type LiveClient = ReturnType<typeof createShownMap> & {
  /** How many messages came, by type, and how often the client asked for a snapshot. */
  seen: Record<LiveMessage['type'] | 'asked', number>;
  /** Whether the last message was that the inventory is unavailable. */
  isStale(): boolean;
  send(text: string): void;
  close(): void;
  closed: Promise<{ code: number; reason: string }>;
};

/**
 * Opens an event's WebSocket and follows it as a client should: after missing a message, it asks for a snapshot and ignores deltas
 * until that comes. `lose` returns true for messages that it must miss. Rejects if the handshake is refused.
 */
export async function watchLive(base: string, eventId: string, lose = (_: LiveMessage) => false): Promise<LiveClient> {
  const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/query/ws/v1/events/${eventId}`);
  const map = createShownMap();
  const seen = { snapshot: 0, delta: 0, unavailable: 0, asked: 0 };
  let isStale = false;
  let isWaiting = false;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data) as LiveMessage;
    seen[message.type]++;
    if (lose(message)) return;
    isStale = message.type === 'unavailable';
    if (message.type === 'unavailable' || (isWaiting && message.type === 'delta')) return;
    isWaiting = !map.apply(message);
    if (!isWaiting) return;
    seen.asked++;
    socket.send('{"type":"snapshot"}');
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error(`${socket.url} was refused`));
  });
  socket.onerror = null;
  return { ...map, seen, isStale: () => isStale, send: (text) => socket.send(text), close: () => socket.close(), closed };
}
