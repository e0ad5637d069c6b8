import { describe, expect, it } from 'vitest';
import { type Inventory, readInventory } from '../../services/shared/inventory/inventory.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../testing/stores.ts';
import { localOrganiser } from './local-organiser.ts';
import { type OpenOptions, openByFile } from './open-command.ts';

const nowMs = Date.UTC(2026, 10, 29, 4);

/** Opens as the command does, answering its question. Returns what it printed and asked. */
async function open(inventory: Inventory, options: OpenOptions = {}, answer?: boolean) {
  const said: string[] = [];
  const asked: string[] = [];
  const confirm = async (question: string) => {
    asked.push(question);
    if (answer === undefined) throw new Error('there is no terminal');
    return answer;
  };
  const say = (line: string) => said.push(line);
  const plan = { ...planOf(inventory), offsetMinutes: 60 };
  const error = await openByFile(localOrganiser({ db, redis }), plan, options, { say, confirm, nowMs }).then(
    () => undefined,
    (thrown: Error) => thrown.message,
  );
  return { said, asked, error };
}

const capacityOf = async ({ eventId }: Inventory) => (await readInventory(redis, eventId))?.zones[0]?.capacity;

/** An event on sale, and the same with fewer rows. */
async function shrinking(): Promise<{ event: Inventory; smaller: Inventory }> {
  const event = await openTestEvent({ onSaleAtMs: nowMs });
  return { event, smaller: { ...event, zones: [seatedZone(1, 9, 10)] } };
}

describe('the command that opens an event', () => {
  it('shows what the event file describes', async () => {
    const event = await openTestEvent();
    const { eventId, venueId } = event;
    const first = `${eventId} "An event" at ${venueId} "A venue": 1 zone, 100 seats`;
    expect((await open(event)).said).toEqual([first, '  ON SALE NOW, since Thu 1 Jan 2026 01:00 +01:00', `${eventId} unchanged`]);
    const later = { ...event, onSaleAtMs: Date.UTC(2026, 11, 1, 9) };
    expect((await open(later, { yes: true })).said).toEqual([
      first,
      '  opens Tue 1 Dec 2026 10:00 +01:00, in 2 d 5 h',
      '  on sale from: Thu 1 Jan 2026 01:00 +01:00 → Tue 1 Dec 2026 10:00 +01:00',
      `${eventId} changed`,
    ]);
    const other = { ...event, eventId: unique('event') };
    expect((await open(other)).said.at(-1)).toBe(`${other.eventId} opened`);
  });

  it('asks before it withdraws seats from a running sale, and withdraws none if the answer is no or there is no terminal', async () => {
    const { event, smaller } = await shrinking();
    const question = 'The event is on sale. This withdraws 10 unsold seats. Continue?';
    const refused = await open(smaller, {}, false);
    expect(refused).toMatchObject({ asked: [question], error: undefined });
    expect(refused.said.at(-1)).toBe(`${event.eventId} was not changed`);
    expect(await open(smaller)).toMatchObject({ asked: [question], error: 'there is no terminal' });
    expect(await capacityOf(event)).toBe(100);
    expect(await open(smaller, {}, true)).toMatchObject({ asked: [question], error: undefined });
    expect(await capacityOf(event)).toBe(90);
  });

  it('with --yes withdraws them without asking', async () => {
    const { event, smaller } = await shrinking();
    expect(await open(smaller, { yes: true })).toMatchObject({ asked: [], error: undefined });
    expect(await capacityOf(event)).toBe(90);
  });

  it('does not ask before it adds seats, or withdraws them from a sale that has not begun', async () => {
    const event = await openTestEvent({ onSaleAtMs: nowMs + 1 });
    expect(await open({ ...event, zones: [seatedZone(1, 9, 10)] })).toMatchObject({ asked: [], error: undefined });
    expect(await open({ ...event, onSaleAtMs: nowMs })).toMatchObject({ asked: [], error: undefined });
    expect(await open({ ...event, onSaleAtMs: nowMs, zones: [seatedZone(1, 12, 10)] })).toMatchObject({
      asked: [],
      error: undefined,
    });
    expect(await capacityOf(event)).toBe(120);
  });

  it('with --dry-run shows the same and changes nothing, and is refused if the change would be', async () => {
    const { event, smaller } = await shrinking();
    const { said, asked, error } = await open(smaller, { dryRun: true });
    expect([asked, error]).toEqual([[], undefined]);
    expect(said.slice(2)).toEqual([
      '  zone 1 seats: 10 × 10 → 9 × 10',
      '  The event is on sale. This withdraws 10 unsold seats. You must confirm it at the terminal or with --yes.',
      `${event.eventId} would be changed; nothing was changed`,
    ]);
    expect((await open(event, { dryRun: true })).said.at(-1)).toBe(`${event.eventId} would not change`);
    expect(await capacityOf(event)).toBe(100);
    const fresh = { ...event, eventId: unique('event') };
    expect((await open(fresh, { dryRun: true })).said.at(-1)).toBe(`${fresh.eventId} would be opened; nothing was changed`);
    expect(await readInventory(redis, fresh.eventId)).toBeUndefined();
    await redis.hset(`onsale:4:{${event.eventId}}:inventory`, 'lineage', 'lost');
    expect((await open(event, { dryRun: true })).error).toMatch(
      /^Refused; nothing was changed:\n {2}Redis is a promoted replica/,
    );
  });

  it('with --if-new leaves an open event unchanged, and opens one that is not open', async () => {
    const { event, smaller } = await shrinking();
    expect((await open(smaller, { ifNew: true })).said.at(-1)).toBe(`${event.eventId} is already open; nothing was changed`);
    expect(await capacityOf(event)).toBe(100);
    const fresh = { ...event, eventId: unique('event') };
    expect((await open(fresh, { ifNew: true })).said.at(-1)).toBe(`${fresh.eventId} opened`);
  });
});
