import { randomBytes } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  conflictIdOf,
  createAudience,
  createDatabase,
  secondEpoch,
  soldTwice,
  ticketOf,
} from '../../../scripts/testing/conflicts.ts';
import { cancelled, purchased, soldOut } from '../../../scripts/testing/purchases.ts';
import { unique } from '../../../scripts/testing/stores.ts';
import { checkDomainEvent, type DomainEvent } from '../../shared/events/domain-events.ts';
import { baseOf } from '../../shared/events/epochs.ts';
import type { Publish } from '../../shared/events/publish.ts';
import { uuidText } from '../../shared/stores/uuid.ts';
import { projectDomainEvents } from '../projections/project.ts';
import { conflictsAtOnce, publishConflicts } from './publish-conflicts.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
const { db } = await createDatabase(resources);

let publish: Publish;
let hear: Awaited<ReturnType<typeof createAudience>>['hear'];
let hearIds: () => Promise<string[]>;
beforeEach(async () => {
  ({ publish, hear, hearIds } = await createAudience());
});

const project = async (...batches: DomainEvent[][]) => {
  for (const batch of batches) await projectDomainEvents(db, batch);
};

/** An event in MySQL: the tickets' statuses, and the orders of each conflict. */
async function stateOf({ eventId }: { eventId: string }) {
  const tickets = db.selectFrom('tickets').where('event_id', '=', eventId);
  const conflicts = db.selectFrom('seat_conflicts').selectAll().where('ticket_id', 'in', tickets.select('ticket_id'));
  return {
    statuses: new Map((await tickets.selectAll().execute()).map((row) => [uuidText(row.ticket_id), row.status])),
    conflicts: (await conflicts.execute()).map((row) => [uuidText(row.order_id), uuidText(row.live_order_id)]),
  };
}

describe('a seat that was sold in two epochs', () => {
  it.each<[string, (all: ReturnType<typeof soldTwice>) => DomainEvent[][]]>([
    ['the first sale first', ({ others, first, second }) => [others, [first], [second], [first], [second]]],
    ['the second sale first', ({ others, first, second }) => [[second], [first], others, [second], [first]]],
    [
      'both together, twice',
      ({ others, first, second }) => [
        [second, first, ...others],
        [...others, second, first],
      ],
    ],
  ])('stays with the first buyer, and one conflict that names both is published: %s', async (_how, deliver) => {
    const sales = soldTwice();
    const { event, first, second } = sales;
    for (const batch of deliver(sales)) {
      await project(batch);
      await publishConflicts(db, publish);
    }
    const { statuses, conflicts } = await stateOf(event);
    expect([statuses.get(ticketOf(first)), statuses.get(ticketOf(second))]).toEqual(['PAID', 'CONFLICTED']);
    expect(conflicts).toEqual([[second.data.orderId, first.data.orderId]]);
    const [message, ...more] = await hear();
    expect(more).toEqual([]);
    expect(message?.MessageAttributes).toMatchObject({
      contentType: { StringValue: 'application/cloudevents-batch+json' },
      eventId: { StringValue: event.eventId },
    });
    const [conflict, ...others] = JSON.parse(message?.Body ?? '');
    expect(others).toEqual([]);
    expect(checkDomainEvent(conflict)).toEqual({ conflict });
    expect(conflict).toMatchObject({
      id: conflictIdOf(second),
      source: `/onsale/events/${event.eventId}`,
      time: second.time,
      data: {
        ...{ eventId: event.eventId, venueId: 'Venue1', zoneId: 1, row: 'A', column: 1, priceMinor: 10_000, currency: 'USD' },
        ...{ ticketId: ticketOf(second), orderId: second.data.orderId, buyerId: 'Late' },
        ...{ liveTicketId: ticketOf(first), liveOrderId: first.data.orderId },
      },
    });
    expect(await publishConflicts(db, publish)).toBe(0);
  });
});

describe('a conflict', () => {
  it('whose message SNS refuses is published later, and other events do not wait for it', async () => {
    const all = [soldTwice(), soldTwice()].toSorted((a, b) => (a.event.eventId < b.event.eventId ? -1 : 1));
    for (const { others, first, second } of all) await project([...others, first], [second]);
    const [refused, other] = all.map(({ second }) => conflictIdOf(second));
    // SNS accepts at most 256 KiB.
    const tooLong = randomBytes(300_000).toString('hex');
    const publishPart: Publish = (message) =>
      publish(message.json.includes(refused ?? '') ? { ...message, json: tooLong } : message);
    await expect(publishConflicts(db, publishPart)).rejects.toThrow(/too long/);
    expect(await hearIds()).toEqual([other]);
    expect(await publishConflicts(db, publish)).toBe(1);
    expect(await hearIds()).toEqual([refused]);
  });

  it('is not published while a cancellation may still arrive, and never if it does', async () => {
    const event = { eventId: unique('event'), venueId: 'Venue1', currency: 'USD' };
    const first = purchased(event, { sequence: 1 });
    const other = purchased(event, { sequence: 2, column: 2 });
    const again = purchased(event, { sequence: 4 });
    await project([again], [first]);
    expect((await stateOf(event)).conflicts).toEqual([[again.data.orderId, first.data.orderId]]);
    expect(await publishConflicts(db, publish)).toBe(0);
    await project([other]);
    expect(await publishConflicts(db, publish)).toBe(0);
    await project([cancelled(first, 3)]);
    expect(await publishConflicts(db, publish)).toBe(0);
    expect((await stateOf(event)).conflicts).toEqual([]);
  });

  it('is not published while an earlier epoch has a gap, or its own epoch has one before it', async () => {
    const { event, others, first } = soldTwice();
    const second = purchased(event, { sequence: secondEpoch + 1 });
    const later = purchased(event, { sequence: secondEpoch + 2, column: 51 });
    await project([...others.slice(1), first], [second, later]);
    expect(await publishConflicts(db, publish)).toBe(0);
    await project([purchased(event, { sequence: secondEpoch, column: 50 })]);
    expect(await publishConflicts(db, publish)).toBe(0);
    await project(others.slice(0, 1));
    expect(await publishConflicts(db, publish)).toBe(1);
    expect(await hearIds()).toEqual([conflictIdOf(second)]);

    const other = soldTwice();
    const late = purchased(other.event, { sequence: secondEpoch + 1 });
    await project([...other.others, other.first], [late]);
    expect(await publishConflicts(db, publish)).toBe(0);
    await project([purchased(other.event, { sequence: secondEpoch, column: 50 })]);
    expect(await publishConflicts(db, publish)).toBe(1);
    expect(await hearIds()).toEqual([conflictIdOf(late)]);
  });

  it('is published although later domain events are missing, and a conflict of another event must wait', async () => {
    const [certain, waiting] = [soldTwice(), soldTwice()];
    const later = purchased(certain.event, { sequence: secondEpoch + 2, column: 60 });
    await project([waiting.first], [waiting.second], [...certain.others, certain.first], [certain.second, later]);
    expect(await publishConflicts(db, publish)).toBe(1);
    expect(await hearIds()).toEqual([conflictIdOf(certain.second)]);
    await project(waiting.others);
    expect(await publishConflicts(db, publish)).toBe(1);
    expect(await hearIds()).toEqual([conflictIdOf(waiting.second)]);
  });

  it('whose ticket was cancelled is not published', async () => {
    const { others, first, second } = soldTwice();
    await project([...others, first], [second], [cancelled(second, secondEpoch + 1)]);
    expect(await publishConflicts(db, publish)).toBe(0);
  });

  it('is published again, identically, if the task died after publishing and before noting it', async () => {
    const { others, first, second } = soldTwice();
    await project([...others, first], [second]);
    const dies: Publish = async (message) => {
      await publish(message);
      throw new Error('killed');
    };
    await expect(publishConflicts(db, dies)).rejects.toThrow('killed');
    expect(await publishConflicts(db, publish)).toBe(1);
    expect(await publishConflicts(db, publish)).toBe(0);
    const bodies = (await hear()).map(({ Body = '' }) => Body);
    expect(bodies).toHaveLength(2);
    expect(new Set(bodies).size).toBe(1);
  });

  it('is published by only one of several tasks', async () => {
    const { others, first, second } = soldTwice();
    await project([...others, first], [second]);
    const begun = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    const published = publishConflicts(db, async (message) => {
      begun.resolve();
      await mayGoOn.promise;
      return await publish(message);
    });
    await begun.promise;
    expect(await publishConflicts(db, publish)).toBe(0);
    mayGoOn.resolve();
    expect(await published).toBe(1);
    expect(await hearIds()).toEqual([conflictIdOf(second)]);
  });

  it('is published with at most 99 others; the next round publishes the rest', async () => {
    const event = { eventId: unique('event'), venueId: 'Venue1', currency: 'USD' };
    const again = soldOut(event, 11, 10).map(({ data, ...sale }) => ({
      ...sale,
      data: { ...data, sequence: baseOf(1) + data.sequence },
    }));
    await project(soldOut(event, 11, 10), again);
    const rounds = [1, 2, 3].map(() => () => publishConflicts(db, publish));
    const published = [];
    for (const round of rounds) published.push(await round());
    expect(published).toEqual([conflictsAtOnce, 110 - conflictsAtOnce, 0]);
  });
});
