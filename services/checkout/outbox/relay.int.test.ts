import { Compile } from 'typebox/compile';
import { v7 as uuid } from 'uuid';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createScratchWithTables } from '../../../scripts/testing/scratch-database.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import { createCheckoutMessaging, receive, sns } from '../../../scripts/testing/stores.ts';
import { CheckoutEvent } from '../../shared/events/checkout-events.ts';
import { type BatchMessage, createPublish, type Publish } from '../../shared/events/publish.ts';
import type { Database } from '../../shared/stores/database.ts';
import { appendEvent } from '../saga/append-event.ts';
import { lockOutbox, readOutboxBacklog } from './outbox.ts';
import { startRelay } from './relay.ts';

let resources: AsyncDisposableStack;
let db: Database;
beforeEach(async () => {
  resources = new AsyncDisposableStack();
  db = await createScratchWithTables(resources, 8);
});
afterEach(() => resources.disposeAsync());

const waitFor = <T>(condition: () => T | Promise<T>) => vi.waitFor(condition, { timeout: 100_000, interval: 20 });
const waiting = async () => (await readOutboxBacklog(db, Date.now())).events;
const start = (publish: Publish) => {
  const relay = startRelay({ db, publish, logger: silentLogger, pauseMs: 20 });
  resources.defer(() => relay.stop());
  return relay;
};
const data = (checkoutId = uuid(), eventId = 'E') => ({
  ...{ checkoutId, eventId, orderId: uuid(), amountMinor: 100, currency: 'USD', provider: 'stripe' as const },
  tickets: [{ ticketId: uuid(), zoneId: 1, priceMinor: 100, currency: 'USD' }],
});
const append = (given = data(), type: 'paid' | 'cancelled' = 'paid', trx: Database = db) =>
  appendEvent(trx, { type: `onsale.checkout.${type}`, data: given, nowMs: Date.now() });

type Published = { id: string; type: string; source: string; data: { checkoutId: string } };
const inMessage = ({ json }: BatchMessage) => JSON.parse(json) as Published[];

describe('the outbox of checkouts', () => {
  it('is published as CloudEvents, and what SNS has accepted is gone', async () => {
    const messaging = await createCheckoutMessaging();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const given = data();
    await appendEvent(db, { type: 'onsale.checkout.paid', data: given, nowMs: Date.UTC(2026, 10, 28), traceparent });
    start(createPublish(sns, messaging.topicArn));
    const [message] = await waitFor(async () => {
      const messages = await receive(messaging.eventsQueueUrl);
      expect(messages).toHaveLength(1);
      return messages;
    });
    const events = JSON.parse(message?.Body ?? '') as unknown[];
    expect(events).toEqual([
      {
        specversion: '1.0',
        id: expect.stringMatching(/^\d+$/),
        source: '/onsale/checkouts',
        type: 'onsale.checkout.paid',
        time: '2026-11-28T00:00:00.000Z',
        datacontenttype: 'application/json',
        dataschema: 'urn:onsale:checkout.paid:1',
        traceparent,
        data: given,
      },
    ]);
    expect(Compile(CheckoutEvent).Check(events[0])).toBe(true);
    expect(message?.MessageAttributes).toMatchObject({
      eventId: { StringValue: 'E' },
      types: { StringValue: '["onsale.checkout.paid"]' },
    });
    await waitFor(async () => expect(await waiting()).toBe(0));
  });

  it('is published once and in order, however many processes share it', async () => {
    const checkouts = Array.from({ length: 20 }, () => uuid());
    const seen: Published[] = [];
    const publish: Publish = async (message) => {
      seen.push(...inMessage(message));
      return 'id';
    };
    for (let at = 0; at < 3; at++) start(publish);
    // Written at the same time, so that the numbers are not in the order of the commits.
    await Promise.all(
      checkouts.map(async (checkoutId, at) => {
        for (const type of ['cancelled', 'paid', 'cancelled', 'paid'] as const)
          await db.transaction().execute((trx) => append(data(checkoutId, `E${at % 3}`), type, trx));
      }),
    );
    await waitFor(async () => expect(await waiting()).toBe(0));
    for (const checkoutId of checkouts) {
      const types = seen.filter((one) => one.data.checkoutId === checkoutId).map(({ type }) => type.split('.').at(-1));
      expect(types).toEqual(['cancelled', 'paid', 'cancelled', 'paid']);
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  });

  it('waits while SNS is away, and is published under the same ids, also if SNS had accepted it when the process died', async () => {
    await append();
    const seen: string[] = [];
    let isAway = true;
    start(async (message) => {
      seen.push(...inMessage(message).map(({ id }) => id));
      if (isAway) throw new Error('the reply was lost');
      return 'id';
    });
    await waitFor(() => expect(seen.length).toBeGreaterThan(2));
    expect(await waiting()).toBe(1);
    isAway = false;
    await waitFor(async () => expect(await waiting()).toBe(0));
    expect(new Set(seen).size).toBe(1);
  });

  it('keeps what SNS refuses for its content, and publishes the rest', async () => {
    const bad = data();
    for (const one of [data(), bad, data()]) await append(one);
    const { SNSServiceException } = await import('@aws-sdk/client-sns');
    const seen: string[] = [];
    start(async (message) => {
      if (message.json.includes(bad.checkoutId))
        throw new SNSServiceException({
          name: 'InvalidParameterException',
          message: 'Invalid parameter: Message',
          $fault: 'client',
          $metadata: {},
        });
      seen.push(...inMessage(message).map((one) => one.data.checkoutId));
      return 'id';
    });
    await waitFor(() => expect(new Set(seen).size).toBe(2));
    await waitFor(async () => expect(await waiting()).toBe(1));
    expect(seen).not.toContain(bad.checkoutId);
  });

  it('lets nobody else publish until the transaction ends, but hinders nobody who writes', async () => {
    await append();
    await db.transaction().execute(async (trx) => {
      expect(await lockOutbox(trx)).toBe(true);
      const seen: string[] = [];
      const relay = start(async (message) => {
        seen.push(message.json);
        return 'id';
      });
      await append();
      await append();
      expect(await waiting()).toBe(3);
      expect(seen).toEqual([]);
      void relay;
    });
    await waitFor(async () => expect(await waiting()).toBe(0));
  });
});
