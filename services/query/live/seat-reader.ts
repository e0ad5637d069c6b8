import { getOrInsertComputed } from '../../shared/basics/get-or-insert.ts';
import { readSeatMap, type SeatMap } from '../../shared/inventory/read-seats.ts';
import type { RedisClient } from '../../shared/stores/redis.ts';

/** An event's seats, or undefined if there is no such event. Throws an UnavailableError. */
export type SeatReader = (eventId: string) => Promise<SeatMap | undefined>;

/** Callers that ask for an event within this time of a read share it. */
const sharedMs = 100;
/**
 * Known seats are kept for clients that poll once a second, so that Redis is asked only for changes. The time is short enough that a
 * Redis that has lost its memory cannot be opened again and pass the known version unnoticed.
 */
const keptMs = 2_000;
/** Limits the memory for known seats; beyond it, the event that was read first is forgotten. */
const defaultMaxBytes = 64 * 1024 * 1024;
/** Roughly the size of a zone's counts; its seats are added. */
const bytesPerZone = 512;
/** Roughly the size of a label in a hall's rows. */
const bytesPerLabel = 8;

type Known = { seats: SeatMap; readAtMs: number; bytes: number; forget: NodeJS.Timeout };

/**
 * Reads events' seats for any number of clients. Redis is asked about an event at most once per 100 ms and with one read at a time, so
 * a reply is never older than 100 ms or the time that the read takes. Callers that wait for the same read share its failure, which is
 * then forgotten. Events that do not exist are not kept.
 */
export function createSeatReader(redis: RedisClient, maxBytes = defaultMaxBytes): SeatReader {
  const reading = new Map<string, ReturnType<SeatReader>>();
  /** In the order of reading. */
  const known = new Map<string, Known>();
  let knownBytes = 0;

  return async (eventId) => {
    const last = known.get(eventId);
    if (last && performance.now() < last.readAtMs + sharedMs) return last.seats;
    return await getOrInsertComputed(reading, eventId, () => read(eventId, last?.seats).finally(() => reading.delete(eventId)));
  };

  async function read(eventId: string, before: SeatMap | undefined): Promise<SeatMap | undefined> {
    const readAtMs = performance.now();
    let seats: SeatMap | undefined;
    try {
      seats = await readSeatMap(redis, eventId, before);
    } finally {
      // Redis may have lost its memory since, so after a failure the next read is of everything.
      forget(eventId);
      if (seats) keep(eventId, seats, readAtMs);
    }
    return seats;
  }

  function keep(eventId: string, seats: SeatMap, readAtMs: number): void {
    const bytes = bytesOf(seats);
    known.set(eventId, { seats, readAtMs, bytes, forget: setTimeout(forget, keptMs, eventId).unref() });
    knownBytes += bytes;
    for (const first of known.keys()) {
      if (knownBytes <= maxBytes) break;
      forget(first);
    }
  }

  function forget(eventId: string): void {
    const last = known.get(eventId);
    if (!last) return;
    clearTimeout(last.forget);
    known.delete(eventId);
    knownBytes -= last.bytes;
  }
}

function bytesOf({ zones }: SeatMap): number {
  let bytes = 0;
  for (const { seats } of zones.values()) {
    const labels = seats?.rows ? seats.grid.rows * seats.grid.columns : 0;
    bytes += bytesPerZone + (seats?.taken.length ?? 0) + (seats?.blocked?.length ?? 0) + labels * bytesPerLabel;
  }
  return bytes;
}
