import { setTimeout as pause } from 'node:timers/promises';
import { countOf, neverOpened } from '../../shared/basics/text.ts';
import { readEventState } from '../../shared/inventory/event-state.ts';
import { readSequence } from '../../shared/inventory/inventory.ts';
import { inventoryKey } from '../../shared/inventory/keys.ts';
import { readSaleState } from '../../shared/inventory/set-state.ts';
import type { System } from '../system.ts';
import { checkMoney } from './check-money.ts';
import { checkMysql } from './check-mysql.ts';
import { checkRedis } from './check-redis.ts';
import { compareTickets } from './compare-tickets.ts';
import { explainMissing, findMissing, isApplied, untilApplied } from './missing-events.ts';
import { type Ends, endsOf, reportSequences, surveyOutbox } from './outbox.ts';
import { createDifferences, type Differences, summaryOf, type Verification } from './report.ts';
import { compareTerms, type Terms } from './tickets.ts';

/** Waits for domain events on their way: without progress, and at most; and between two looks at whether they are on their way. */
export const defaultWaits = { patienceMs: 2_000, atMostMs: 10_000, lookMs: 1_000 };

/**
 * Compares Redis, the outbox, the queues and MySQL, while services run: all that was sold before it began, ticket by ticket, and what was
 * paid, order by order. Reads each store once, keeping only digests (digests.ts), and what differs again. Throws if the event was never opened.
 */
export async function verifyEvent(
  system: System,
  eventId: string,
  say: (line: string) => void = () => {},
  waits = defaultWaits,
): Promise<Verification> {
  const { db, redis } = system;
  const differences = createDifferences();
  const { inRedis, inMysql, terms, note } = await findEvent(system, eventId, differences);
  const hasInventory = inRedis !== undefined;

  const sequence = await readSequence(redis, eventId);
  say('reading the outbox');
  const outbox = await surveyOutbox(redis, eventId);
  const ends = endsOf(sequence, outbox);
  const missing = await untilApplied(db, eventId, ends, waits, ({ count }) =>
    say(`waiting for MySQL to apply ${countOf(count, 'domain event')}`),
  );
  if (hasInventory) {
    const sequences = { before: sequence, after: await readSequence(redis, eventId), inMysql: missing.lastApplied };
    reportSequences(eventId, outbox, sequences, differences);
  }
  const onTheirWay = await explainMissing(system, eventId, { missing, ends, outbox, lookMs: waits.lookMs }, differences);

  say('reading the tickets in Redis and MySQL');
  const isCompared = (of: number) => of <= sequence && isApplied(missing, of);
  const [seats, projection] = await Promise.all([
    inRedis && checkRedis(redis, eventId, { terms: inRedis, isCompared }, differences),
    checkMysql(db, eventId, { terms: inMysql ?? terms, isCompared }, differences),
  ]);
  let awaited = 0;
  if (seats) {
    const known = { upTo: sequence, isWhole: missing.count === 0, patienceMs: waits.patienceMs };
    const compared = { inRedis: seats.digests, inMysql: projection.digests, isCompared };
    awaited = await compareTickets(system, eventId, compared, known, differences);
  }
  say('reading the payments');
  const payments = await checkMoney(system, { eventId, currency: terms.currency }, waits.lookMs, differences);
  const upTo = Math.max(sequence, outbox.last);
  const inFlight = await countInFlight(system, eventId, { upTo, ends, onTheirWay, hasInventory });
  const { tickets, revenue } = projection;
  await compareStates(system, eventId, waits.lookMs, differences);
  const { held = 0, selling = 0 } = seats ?? {};
  const summary = summaryOf({
    eventId,
    currency: terms.currency,
    tickets,
    revenue,
    applied: await countApplied(db, eventId),
    differences: differences.count(),
    held,
    inFlight,
    awaited,
    selling,
    payments,
    note,
  });
  const found = { differences: differences.lines(), count: differences.count() };
  return { eventId, ...found, inFlight, sequence, held, awaited, selling, payments, summary, tickets, revenue };
}

/** The event's terms, in each store that has it. */
async function findEvent(
  { db, redis }: System,
  eventId: string,
  differences: Differences,
): Promise<{ inRedis: Terms | undefined; inMysql: Terms | undefined; terms: Terms; note: string | undefined }> {
  const inMysql = await db
    .selectFrom('events')
    .select(['venue_id as venueId', 'currency', 'state'])
    .where('event_id', '=', eventId)
    .executeTakeFirst();
  const { venueId, currency = '', lineage } = await redis.hgetall(inventoryKey(eventId));
  const inRedis = venueId === undefined ? undefined : { venueId, currency };
  const terms = inMysql ?? inRedis;
  if (!terms) throw neverOpened(eventId);
  if (inRedis && inMysql) compareTerms(inRedis, inMysql, differences);
  if (!inMysql) {
    differences.add('events unknown', () => `MySQL does not know ${eventId}; open it again: npm run onsale -- open <file>`);
  }
  const isArchived = inMysql?.state === 'archived';
  if (!inRedis && !isArchived && inMysql?.state !== 'draft') {
    differences.add(
      'inventories gone',
      () => `Redis has no inventory for ${eventId}, so nothing is sold; to repair: npm run onsale -- rebuild ${eventId}`,
    );
  }
  if (lineage === 'lost') {
    differences.add(
      'inventories that may be behind',
      () =>
        `Redis was promoted from a replica and may lack sales, so nothing is sold; to repair: npm run onsale -- rebuild ${eventId}`,
    );
  }
  return { inRedis, inMysql, terms, note: noteOf(inMysql?.state, eventId, inRedis !== undefined) };
}

/** What a reader of the summary must know of an event that Redis does not have, or should not have. */
function noteOf(state: string | undefined, eventId: string, isInRedis: boolean): string | undefined {
  if (state === 'draft' && !isInRedis) return 'a draft';
  if (state !== 'archived') return undefined;
  return isInRedis
    ? `archived, but still in Redis; to finish: npm run onsale -- archive ${eventId}`
    : 'archived: only MySQL has it';
}

/** Reports an event whose stores disagree about its state, unless that is only so while a command changes both. */
async function compareStates({ db, redis }: System, eventId: string, lookMs: number, differences: Differences): Promise<void> {
  const look = async () => {
    const [inMysql, inRedis] = [await readEventState(db, eventId), await readSaleState(redis, eventId)];
    // Redis is archived first, then MySQL, then nothing is left in Redis.
    const isSame =
      inMysql === inRedis || (inMysql === 'archived' && inRedis === 'closed') || (inMysql === 'closed' && inRedis === 'archived');
    return inMysql === undefined || inRedis === undefined || isSame ? undefined : { inMysql, inRedis };
  };
  if ((await look()) === undefined) return;
  await pause(lookMs);
  const differing = await look();
  if (differing === undefined) return;
  const { inMysql, inRedis } = differing;
  const repair = { published: 'resume', paused: 'pause', closed: 'close', archived: 'archive' }[inRedis];
  differences.add(
    'states that differ',
    () =>
      `the event is ${inRedis} in Redis, which decides, but ${inMysql} in MySQL; to repair: npm run onsale -- ${repair} ${eventId}`,
  );
}

/** How many domain events are still on their way, including those since this began. */
async function countInFlight(
  { db, redis }: System,
  eventId: string,
  before: { upTo: number; ends: Ends; onTheirWay: { from: number } | undefined; hasInventory: boolean },
): Promise<number> {
  const { upTo, ends, onTheirWay, hasInventory } = before;
  const early = onTheirWay ? (await findMissing(db, eventId, ends, onTheirWay.from)).count : 0;
  if (!hasInventory) return early;
  const now = await readSequence(redis, eventId);
  return early + (await findMissing(db, eventId, endsOf(now), upTo + 1)).count;
}

async function countApplied(db: System['db'], eventId: string): Promise<number> {
  const { count } = await db
    .selectFrom('order_events')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('event_id', '=', eventId)
    .executeTakeFirstOrThrow();
  return count;
}
