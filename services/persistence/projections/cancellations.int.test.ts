import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveries, eventsOf, outcomeOf, type Step } from '../../../scripts/testing/box-office.ts';
import { inParallel } from '../../../scripts/testing/http.ts';
import { projectionOf } from '../../../scripts/testing/projection.ts';
import { db } from '../../../scripts/testing/stores.ts';
import type { DomainEvent } from '../../shared/events/domain-events.ts';
import { projectDomainEvents } from './project.ts';

async function afterBatches(domainEvents: DomainEvent[], batches: DomainEvent[][]) {
  for (const batch of batches) await projectDomainEvents(db, batch);
  return projectionOf(domainEvents);
}

const oneByOne = (domainEvents: DomainEvent[]) => domainEvents.map((domainEvent) => [domainEvent]);

function* permutations<T>(list: T[]): Generator<T[]> {
  if (list.length === 0) yield [];
  for (const [at, first] of list.entries()) for (const rest of permutations(list.toSpliced(at, 1))) yield [first, ...rest];
}

const histories = [
  {
    what: 'a ticket cancelled',
    steps: [{ sold: ['A1'] }, { cancels: 1 }],
    outcome: { statuses: { '1.0': 'CANCELLED' }, sales: { 1: '0 for 0.0000' }, conflicts: [] },
  },
  {
    what: 'a ticket cancelled twice',
    steps: [{ sold: ['A1'] }, { cancels: 1 }, { cancels: 1 }],
    outcome: { statuses: { '1.0': 'CANCELLED' }, sales: { 1: '0 for 0.0000' }, conflicts: [] },
  },
  {
    what: 'one of three tickets cancelled, then the others',
    steps: [{ sold: ['A1', 'A2', 'A3'] }, { cancels: 1, positions: [1] }, { cancels: 1, positions: [0, 2] }],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '1.1': 'CANCELLED', '1.2': 'CANCELLED' },
      sales: { 1: '0 for 0.0000' },
      conflicts: [],
    },
  },
  {
    what: 'tickets without a seat, one of them cancelled',
    steps: [{ sold: ['G', 'G', 'A1'] }, { sold: ['G'] }, { cancels: 1, positions: [0] }],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '1.1': 'PAID', '1.2': 'PAID', '2.0': 'PAID' },
      sales: { 1: '1 for 1.0000', 2: '2 for 3.0000' },
      conflicts: [],
    },
  },
  {
    what: 'a seat sold again',
    steps: [{ sold: ['A1'] }, { cancels: 1 }, { sold: ['A1'] }],
    outcome: { statuses: { '1.0': 'CANCELLED', '3.0': 'PAID' }, sales: { 1: '1 for 3.0000' }, conflicts: [] },
  },
  {
    what: 'a seat sold again, and again',
    steps: [{ sold: ['A1'] }, { cancels: 1 }, { sold: ['A1'] }, { cancels: 3 }, { sold: ['A1'] }],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '3.0': 'CANCELLED', '5.0': 'PAID' },
      sales: { 1: '1 for 5.0000' },
      conflicts: [],
    },
  },
  {
    what: 'seats of one order sold again in others',
    steps: [
      { sold: ['A1', 'A2', 'G'] },
      { cancels: 1, positions: [0, 1] },
      { sold: ['A2', 'B1'] },
      { sold: ['A1', 'G'] },
      { cancels: 3, positions: [0] },
    ],
    outcome: {
      statuses: {
        ...{ '1.0': 'CANCELLED', '1.1': 'CANCELLED', '1.2': 'PAID' },
        ...{ '3.0': 'CANCELLED', '3.1': 'PAID', '4.0': 'PAID', '4.1': 'PAID' },
      },
      sales: { 1: '2 for 7.0000', 2: '2 for 5.0000' },
      conflicts: [],
    },
  },
  {
    what: 'a seat sold twice',
    steps: [{ sold: ['A1'] }, { sold: ['A1'] }],
    outcome: { statuses: { '1.0': 'PAID', '2.0': 'CONFLICTED' }, sales: { 1: '1 for 1.0000' }, conflicts: ['2.0 with 1.0'] },
  },
  {
    what: 'a seat sold three times',
    steps: [{ sold: ['A1'] }, { sold: ['A2', 'A1'] }, { sold: ['A1'] }],
    outcome: {
      statuses: { '1.0': 'PAID', '2.0': 'PAID', '2.1': 'CONFLICTED', '3.0': 'CONFLICTED' },
      sales: { 1: '2 for 3.0000' },
      conflicts: ['2.1 with 1.0', '3.0 with 1.0'],
    },
  },
  {
    what: 'a seat sold twice, then given up by the first, then sold again',
    steps: [{ sold: ['A1'] }, { sold: ['A1'] }, { cancels: 1 }, { sold: ['A1'] }],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '2.0': 'CONFLICTED', '4.0': 'PAID' },
      sales: { 1: '1 for 4.0000' },
      conflicts: ['2.0 with 1.0'],
    },
  },
  {
    what: 'a seat sold twice, and given up by the second, then by the first',
    steps: [{ sold: ['A1'] }, { sold: ['A1'] }, { cancels: 2 }, { cancels: 1 }],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '2.0': 'CANCELLED' },
      sales: { 1: '0 for 0.0000' },
      conflicts: ['2.0 with 1.0'],
    },
  },
  {
    what: 'a seat sold twice, then given up by the first',
    steps: [{ sold: ['A1'] }, { sold: ['A1'] }, { cancels: 1 }],
    outcome: { statuses: { '1.0': 'CANCELLED', '2.0': 'CONFLICTED' }, sales: { 1: '0 for 0.0000' }, conflicts: ['2.0 with 1.0'] },
    notLast: 2,
  },
  {
    what: 'a seat sold twice, then given up by the second',
    steps: [{ sold: ['A1'] }, { sold: ['A1'] }, { cancels: 2 }],
    outcome: { statuses: { '1.0': 'PAID', '2.0': 'CANCELLED' }, sales: { 1: '1 for 1.0000' }, conflicts: ['2.0 with 1.0'] },
    notLast: 1,
  },
  {
    what: 'a ticket exchanged, and cancelled after that',
    steps: [{ sold: ['A1', 'A2'] }, { exchanges: 1, positions: [0], to: ['B1x'] }, { cancels: 2 }],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '1.1': 'PAID', '2.0': 'CANCELLED' },
      exchanges: { '1.0': '2.0' },
      sales: { 1: '1 for 1.0000' },
      conflicts: [],
    },
  },
  {
    what: 'tickets that move up a seat, and the seat that they left sold again',
    steps: [{ sold: ['A1', 'A2'] }, { exchanges: 1, positions: [0, 1], to: ['A2', 'A3'] }, { sold: ['A1'] }],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '1.1': 'CANCELLED', '2.0': 'PAID', '2.1': 'PAID', '3.0': 'PAID' },
      exchanges: { '1.0': '2.0', '1.1': '2.1' },
      sales: { 1: '3 for 5.0000' },
      conflicts: [],
    },
  },
  {
    what: 'a ticket exchanged into another zone and back, in a seat that somebody had meanwhile',
    steps: [
      { sold: ['A1'] },
      { exchanges: 1, positions: [0], to: ['G'] },
      { sold: ['A1'] },
      { cancels: 3 },
      { exchanges: 2, positions: [0], to: ['A1'] },
    ],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '2.0': 'CANCELLED', '3.0': 'CANCELLED', '5.0': 'PAID' },
      exchanges: { '1.0': '2.0', '2.0': '5.0' },
      sales: { 1: '1 for 1.0000', 2: '0 for 0.0000' },
      conflicts: [],
    },
  },
  {
    what: 'a ticket exchanged for a seat that another has',
    steps: [{ sold: ['A1'] }, { sold: ['A2'] }, { exchanges: 2, positions: [0], to: ['A1'] }],
    outcome: {
      statuses: { '1.0': 'PAID', '2.0': 'CANCELLED', '3.0': 'CONFLICTED' },
      sales: { 1: '1 for 1.0000' },
      conflicts: ['3.0 with 1.0'],
    },
  },
  {
    what: 'a ticket cancelled and, because Redis forgot that, exchanged',
    steps: [{ sold: ['A1'] }, { cancels: 1 }, { exchanges: 1, positions: [0], to: ['A2'] }],
    outcome: {
      statuses: { '1.0': 'CANCELLED', '3.0': 'PAID' },
      exchanges: {},
      sales: { 1: '1 for 1.0000' },
      conflicts: [],
    },
  },
] satisfies { what: string; steps: Step[]; outcome: object; notLast?: number }[];

describe('cancellations and exchanges', () => {
  it.each(histories)('have the same result in whatever order they and the sales arrive: $what', async (history) => {
    const inOrder = eventsOf(history.steps);
    const expected = await afterBatches(inOrder, oneByOne(inOrder));
    expect(expected).toMatchObject(history.outcome);
    // Leaves out the orders that the unique keys cannot detect (project.ts).
    const orders = [...permutations([...inOrder.keys()])].filter((order) => order.at(-1) !== (history.notLast ?? 0) - 1);
    await inParallel(orders, 8, async (order) => {
      const domainEvents = eventsOf(history.steps);
      const delivered = order.flatMap((at) => domainEvents[at] ?? []);
      expect(await afterBatches(domainEvents, oneByOne(delivered)), `in the order ${order}`).toEqual(expected);
    });
    const domainEvents = eventsOf(history.steps);
    expect(await afterBatches(domainEvents, [domainEvents.toReversed()]), 'in one batch').toEqual(expected);
  });

  it('leave exactly the tickets that Redis sold, with all deliveries in any order, repeated, and in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async ({ office, batches }) => {
        const domainEvents = eventsOf(office.steps);
        const delivered = batches.map((batch) => batch.flatMap((at) => domainEvents[at] ?? []));
        const { rows: _rows, ...projected } = await afterBatches(domainEvents, delivered);
        expect(projected).toEqual(outcomeOf(office));
      }),
      { numRuns: 100 },
    );
  });

  it('leave exactly the tickets that Redis sold when several workers apply them concurrently', async () => {
    await fc.assert(
      fc.asyncProperty(deliveries, async ({ office, batches }) => {
        const domainEvents = eventsOf(office.steps);
        await Promise.all(
          batches.map((batch) =>
            projectDomainEvents(
              db,
              batch.flatMap((at) => domainEvents[at] ?? []),
            ),
          ),
        );
        const { rows: _rows, ...projected } = await projectionOf(domainEvents);
        expect(projected).toEqual(outcomeOf(office));
      }),
      { numRuns: 100 },
    );
  });

  it('give the seat to its next buyer when one worker applies the resale while another applies the cancellation', async () => {
    await inParallel(Array.from({ length: 200 }), 4, async () => {
      const domainEvents = eventsOf([{ sold: ['A1'] }, { cancels: 1 }, { sold: ['A1'] }]);
      const [sale, ...rest] = oneByOne(domainEvents);
      await projectDomainEvents(db, sale ?? []);
      await Promise.all(rest.map((batch) => projectDomainEvents(db, batch)));
      expect(await projectionOf(domainEvents)).toMatchObject({
        statuses: { '1.0': 'CANCELLED', '3.0': 'PAID' },
        sales: { 1: '1 for 3.0000' },
        conflicts: [],
      });
    });
  });
});
