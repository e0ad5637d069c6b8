import { queueDepth } from '../local/queue-depth.ts';
import type { System } from '../onsale/system.ts';

/** What was said or given up though nothing was ever sold twice and no message was bad, in words. */
export async function findAftermath({ db, messaging }: System): Promise<string[]> {
  const { told } = await db
    .selectFrom('conflict_notices')
    .select(({ fn }) => fn.countAll<number>().as('told'))
    .executeTakeFirstOrThrow();
  const givenUp = await queueDepth(messaging.sqs, messaging.deadLetterQueueUrl);
  return [
    ...(told > 0 ? [`${told} buyers were told that another has their seat`] : []),
    ...(givenUp > 0 ? [`${givenUp} messages were given up to the dead-letter queue`] : []),
  ];
}
