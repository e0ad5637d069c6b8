import pLimit from 'p-limit';

/** A long list takes the work of dozens of counts: lists wait for each other, so that counts and revenue do not wait for lists. */
const listsAtOnce = 2;
const maxWaitingLists = 100;

export type Turns = ReturnType<typeof createTurns>;

/** Lets reads of lists wait for each other. Ask `isFull` first, and refuse then. */
export function createTurns() {
  const limit = pLimit(listsAtOnce);
  return {
    isFull: () => limit.pendingCount >= maxWaitingLists,
    take: <T>(read: () => Promise<T>): Promise<T> => limit(read),
  };
}

export const tooManyLists = { detail: 'Too many lists of tickets are being read' };
