import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { createPlaces, type NoPlace } from '../../shared/limits/places.ts';

/** A download takes the work of dozens of other requests, so that more of them at a time would make all of them late. */
export const downloadsAtOnce = 4;
/** Fewer than all, so that the readers of one organiser cannot take the places of the others. */
export const downloadsPerOrganiser = 1;
/** Half a megabit per second: any line manages more, and at this rate an hour is enough for a million tickets. */
const leastBytesPerSecond = 64 * 1024;
/** How far behind that rate a reader may fall: longer than a phone's way through a tunnel. */
const patienceSeconds = 30;

/** The places for downloads in this process. */
export function createDownloads() {
  const takePlace = createPlaces(downloadsAtOnce, downloadsPerOrganiser);

  return {
    /**
     * Takes a place for a download of an organiser's data until the response has ended, or its connection has. Ends the response of a reader
     * that is too slow. Returns why the download cannot begin now; undefined if it can.
     */
    begin(organiserId: string, response: ServerResponse): NoPlace | undefined {
      const giveBack = takePlace(organiserId);
      if (typeof giveBack === 'string') return giveBack;
      const stopWatching = endIfSlow(response);
      // Not its event "close", which a connection that is gone by now has emitted already.
      finished(response, () => {
        stopWatching();
        giveBack();
      });
      return undefined;
    },
  };
}

/**
 * Destroys a response whose reader takes less than the least rate for too long, so that it cannot be mistaken for a whole file. Seconds
 * in which nothing waits for the reader do not count, because then MySQL is the slow one. Returns a function that stops watching.
 */
function endIfSlow(response: ServerResponse): () => void {
  let behindSeconds = 0;
  let seen = 0;
  const watch = setInterval(() => {
    const written = response.socket?.bytesWritten ?? 0;
    const earned = (written - seen) / leastBytesPerSecond;
    seen = written;
    behindSeconds = Math.max(0, behindSeconds + (response.writableNeedDrain ? 1 : 0) - earned);
    if (behindSeconds >= patienceSeconds) response.destroy();
  }, 1_000);
  return () => clearInterval(watch);
}
