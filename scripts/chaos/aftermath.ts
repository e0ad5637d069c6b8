import { queueDepth } from '../../services/shared/events/queue-depths.ts';
import type { System } from '../onsale/system.ts';

/** Conflict notices and dead-lettered messages, in words. There should be none: no seat is sold twice and no message is malformed. */
export async function findAftermath({ db, messaging }: System): Promise<string[]> {
  const { told } = await db
    .selectFrom('conflict_notices')
    .select(({ fn }) => fn.countAll<number>().as('told'))
    .executeTakeFirstOrThrow();
  const givenUp = await queueDepth(messaging.sqs, messaging.deadLetterQueueUrl);
  return [
    ...(told > 0 ? [`${told} conflict notices were sent: the buyers' seats belong to somebody else`] : []),
    ...(givenUp > 0 ? [`${givenUp} messages are in the dead-letter queue`] : []),
  ];
}
