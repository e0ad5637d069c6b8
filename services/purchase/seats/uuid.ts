import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const bytesPerId = 16;
const pool = Buffer.alloc(256 * bytesPerId);
/** The same bytes, an id's at a time: making these anew cost more than to fill them. */
const slots = Array.from({ length: pool.length / bytesPerId }, (_, at) => pool.subarray(at * bytesPerId, (at + 1) * bytesPerId));
let used = slots.length;
let lastMs = 0;
let counter = 0;

/**
 * A UUIDv7, later ones greater (RFC 9562, section 6.2, method 1: a counter that begins somewhere at random in each
 * millisecond). Its random bits come from a pool that is filled many ids at a time: asking the system for each id's own took a
 * large part of a sale.
 */
export function newUuid(): string {
  if (used === slots.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = slots[used++] as Buffer;
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    // 31 bits: room to count up.
    counter = random.readUInt32BE(6) >>> 1;
  }
  return v7({ random, msecs: lastMs, seq: counter++ });
}
