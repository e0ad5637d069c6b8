import { SNSClient } from '@aws-sdk/client-sns';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { layCable, through } from '../../../scripts/testing/cable.ts';
import { conflictIdOf, createAudience, createDatabase, soldTwice } from '../../../scripts/testing/conflicts.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { depth, receive, sqs, urls } from '../../../scripts/testing/stores.ts';
import { sendDeadLetters } from '../../shared/events/dead-letters.ts';
import { createPublish, type Publish } from '../../shared/events/publish.ts';
import { connectDatabase, type Database } from '../../shared/stores/database.ts';
import { projectDomainEvents } from '../projections/project.ts';
import { startWorker } from '../worker.ts';
import { startConflictPublisher } from './conflict-publisher.ts';

const ofFile = new AsyncDisposableStack();
afterAll(() => ofFile.disposeAsync());
const { db, url } = await createDatabase(ofFile);

let resources: AsyncDisposableStack;
beforeEach(() => {
  resources = new AsyncDisposableStack();
});
afterEach(() => resources.disposeAsync());

const waitFor = (condition: () => Promise<void>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });
const anHourMs = 3_600_000;

/** Starts a publisher that stops with the test. `failed` is called for each round that failed. */
function startPublisher(from: Database, publish: Publish, pauseMs: number) {
  const logger = silentLogger.child({});
  const failed = vi.fn<() => void>();
  vi.spyOn(logger, 'warn').mockImplementation((fields: unknown) => {
    if (Object(fields).err !== undefined) failed();
  });
  const publisher = startConflictPublisher({ db: from, publish, logger, pauseMs });
  resources.defer(() => publisher.stop());
  return { ...publisher, failed };
}

async function sellTwice() {
  const { others, first, second } = soldTwice();
  await projectDomainEvents(db, [...others, first]);
  await projectDomainEvents(db, [second]);
  return second;
}

describe('the publisher of conflicts', () => {
  it('publishes when it is woken, and the worker ignores the conflicts in its own queue', async () => {
    const { publish, queueUrl, deadLetterQueueUrl, hear } = await createAudience();
    const publisher = startPublisher(db, publish, anHourMs);
    const worker = startWorker({
      sqs,
      queueUrl,
      project: async (domainEvents) => {
        const projected = await projectDomainEvents(db, domainEvents);
        if (projected.conflicts > 0) publisher.wake();
        return projected;
      },
      reject: (rejected) => sendDeadLetters(sqs, deadLetterQueueUrl, rejected, silentLogger),
      logger: silentLogger,
    });
    resources.defer(() => worker.stop());
    const { event, others, first, second } = soldTwice();
    for (const batch of [[...others, first], [second]]) {
      const types = ['onsale.tickets.purchased'];
      await publish({ eventId: event.eventId, types, count: batch.length, json: JSON.stringify(batch) });
      await waitFor(async () => expect(await depth(queueUrl)).toEqual([0, 0]));
    }
    const bodies: string[] = [];
    await waitFor(async () => {
      bodies.push(...(await hear()).map(({ Body = '' }) => Body));
      expect(bodies).toHaveLength(3);
    });
    expect(bodies.at(-1)).toContain(conflictIdOf(second));
    await waitFor(async () => expect(await depth(queueUrl)).toEqual([0, 0]));
    expect(await receive(deadLetterQueueUrl)).toEqual([]);
  });

  it('publishes conflicts that other tasks left, without being woken', async () => {
    const { publish, hearIds } = await createAudience();
    startPublisher(db, publish, 50);
    const second = await sellTwice();
    await waitFor(async () => expect(await hearIds()).toEqual([conflictIdOf(second)]));
  });

  it('resumes when MySQL is back', async () => {
    const { publish, hearIds } = await createAudience();
    const cable = await layCable(Number(new URL(url).port), resources);
    const far = connectDatabase(through(cable, url), 1);
    resources.defer(() => far.destroy());
    await cable.cut();
    const { failed } = startPublisher(far, publish, 50);
    const second = await sellTwice();
    await waitFor(async () => expect(failed.mock.calls.length).toBeGreaterThan(1));
    await cable.mend();
    await waitFor(async () => expect(await hearIds()).toEqual([conflictIdOf(second)]));
  });

  it('resumes when SNS is back', async () => {
    const { topicArn, hearIds } = await createAudience();
    const cable = await layCable(Number(new URL(urls.endpoint).port), resources);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const far = new SNSClient({ endpoint: through(cable, urls.endpoint), region: 'us-east-1', credentials, maxAttempts: 1 });
    resources.defer(() => far.destroy());
    await cable.cut();
    const { failed } = startPublisher(db, createPublish(far, topicArn), 50);
    const second = await sellTwice();
    await waitFor(async () => expect(failed.mock.calls.length).toBeGreaterThan(1));
    await cable.mend();
    await waitFor(async () => expect(await hearIds()).toEqual([conflictIdOf(second)]));
  });

  it('finishes its current round when it is stopped, and begins no other', async () => {
    const { publish, hearIds } = await createAudience();
    const second = await sellTwice();
    const begun = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    const slow = vi.fn<Publish>(async (message) => {
      begun.resolve();
      await mayGoOn.promise;
      return await publish(message);
    });
    const { stop } = startPublisher(db, slow, anHourMs);
    await begun.promise;
    const later = await sellTwice();
    const stopped = stop();
    mayGoOn.resolve();
    await stopped;
    expect(slow).toHaveBeenCalledTimes(1);
    expect(await hearIds()).toEqual([conflictIdOf(second)]);
    startPublisher(db, publish, anHourMs);
    await waitFor(async () => expect(await hearIds()).toEqual([conflictIdOf(later)]));
  });

  it('stops immediately if it is waiting', async () => {
    const { publish, hearIds } = await createAudience();
    const second = await sellTwice();
    const { stop } = startPublisher(db, publish, anHourMs);
    await waitFor(async () => expect(await hearIds()).toEqual([conflictIdOf(second)]));
    await stop();
  });

  it('runs another round if it was woken during one, even one that failed', async () => {
    const { publish, hearIds } = await createAudience();
    const second = await sellTwice();
    const begun = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    const failsOnce = vi.fn<Publish>(publish).mockImplementationOnce(async () => {
      begun.resolve();
      await mayGoOn.promise;
      throw new Error('away');
    });
    const { wake, failed } = startPublisher(db, failsOnce, anHourMs);
    await begun.promise;
    wake();
    mayGoOn.resolve();
    await waitFor(async () => expect(await hearIds()).toEqual([conflictIdOf(second)]));
    expect(failed).toHaveBeenCalledTimes(1);
  });
});
