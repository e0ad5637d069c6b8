import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { sql } from 'kysely';
import { migrateToLatest } from '../../migrations/migrate.ts';
import type { DomainEvent } from '../../services/shared/events/domain-events.ts';
import { baseOf } from '../../services/shared/events/epochs.ts';
import { createPublish } from '../../services/shared/events/publish.ts';
import { connectDatabase, type Database } from '../../services/shared/stores/database.ts';
import { queueArn, queueUrl } from '../local/emulator.ts';
import { purchased } from './purchases.ts';
import { createMessaging, receive, db as shared, sns, sqs, unique, urls } from './stores.ts';

/** A database of the test's own: services of other tests would publish the conflicts in the shared one. */
export async function createDatabase(resources: AsyncDisposableStack): Promise<{ db: Database; url: string }> {
  const name = unique('onsale');
  await sql`create database ${sql.id(name)}`.execute(shared);
  resources.defer(async () => void (await sql`drop database ${sql.id(name)}`.execute(shared)));
  const { href: url } = new URL(`/${name}`, urls.databaseUrl);
  const db = connectDatabase(url, 8);
  resources.defer(() => db.destroy());
  await migrateToLatest(db);
  return { db, url };
}

/** A test's own topic and queues, and another subscribed queue, which no service reads. */
export async function createAudience() {
  const messaging = await createMessaging();
  const QueueName = unique('audience');
  await sqs.send(new CreateQueueCommand({ QueueName }));
  const Attributes = { RawMessageDelivery: 'true' };
  const subscription = { TopicArn: messaging.topicArn, Protocol: 'sqs', Endpoint: queueArn(QueueName), Attributes };
  await sns.send(new SubscribeCommand(subscription));
  /** The messages received since the last call, up to ten. */
  const hear = () => receive(queueUrl(urls.endpoint, QueueName));
  return {
    ...messaging,
    publish: createPublish(sns, messaging.topicArn),
    hear,
    /** The ids of the domain events in those messages. */
    hearIds: async () => (await hear()).flatMap(({ Body = '' }) => (JSON.parse(Body) as { id: string }[]).map(({ id }) => id)),
  };
}

export const secondEpoch = baseOf(1) + 1;

/** An event whose seat A1 was sold in two epochs, after nine other seats. */
export function soldTwice() {
  const event = { eventId: unique('event'), venueId: 'Venue1', currency: 'USD' };
  const others = Array.from({ length: 9 }, (_, at) => purchased(event, { sequence: at + 1, column: at + 2 }));
  const first = purchased(event, { sequence: 10, buyerId: 'Early' });
  const second = purchased(event, { sequence: secondEpoch, buyerId: 'Late' });
  return { event, others, first, second };
}

export const ticketOf = ({ data }: DomainEvent): string => data.tickets[0]?.ticketId ?? '';

/** The id of the domain event for this sale's conflict. */
export const conflictIdOf = (sale: DomainEvent): string => `conflict-${ticketOf(sale)}`;
