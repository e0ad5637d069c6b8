import { describe, expect, it } from 'vitest';
import { db, openTestEvent, planOf, redis, seatedZone, unique } from '../../../scripts/testing/stores.ts';
import { changeBlocked } from './change-blocked.ts';
import { changeSaleState } from './change-sale-state.ts';
import { VersionConflict } from './event-state.ts';
import { openEvent, planOpening } from './open-event.ts';
import { readDocument } from './plan/catalogue.ts';
import { saveDraft } from './save-draft.ts';

const stores = { db, redis };

const auditOf = async (eventId: string) => {
  const rows = await db.selectFrom('catalogue_audit').selectAll().where('subject_id', '=', eventId).orderBy('audit_id').execute();
  return rows.map(({ principal, action, changes }) => [principal, action, ...(JSON.parse(changes) as string[])]);
};

const versionOf = async (eventId: string) =>
  (await db.selectFrom('events').select('version').where('event_id', '=', eventId).executeTakeFirstOrThrow()).version;

describe('the audit log', () => {
  it('has who changed what, in order, and nothing for what changed nothing; each line is a version', async () => {
    const event = { ...planOf(await openTestEvent()).inventory, eventId: unique('event') };
    const { eventId } = event;
    const by = (principal: string) => ({ principal });
    await saveDraft(db, redis, planOf(event), by('Ann'));
    await saveDraft(db, redis, planOf(event), by('Ann'));
    await saveDraft(db, redis, planOf({ ...event, holdMs: 60_000 }), by('Bob'));
    await openEvent(db, redis, planOf({ ...event, holdMs: 60_000 }), by('Bob'));
    await openEvent(db, redis, planOf({ ...event, holdMs: 60_000 }), by('Cid'));
    await openEvent(db, redis, planOf({ ...event, holdMs: 90_000 }), by('Cid'));
    await changeSaleState(stores, eventId, { state: 'paused', confirmWhilePaused: true }, by('Dee'));
    await changeSaleState(stores, eventId, { state: 'paused', confirmWhilePaused: true }, by('Dee'));
    await changeBlocked(db, redis, eventId, [{ zoneId: 1, row: 'A', column: 1 }], true, by('Eve'));
    await changeBlocked(db, redis, eventId, [{ zoneId: 1, row: 'A', column: 1 }], true, by('Eve'));
    await changeSaleState(stores, eventId, { state: 'closed' });
    expect(await auditOf(eventId)).toEqual([
      ['Ann', 'draft'],
      ['Bob', 'change', 'holds last: 600 s → 60 s'],
      ['Bob', 'publish'],
      ['Cid', 'change', 'holds last: 60 s → 90 s'],
      ['Dee', 'pause', 'state: published → paused'],
      ['Eve', 'block', 'zone 1 1 seat more blocked: A 1'],
      ['command', 'close', 'state: paused → closed'],
    ]);
    expect(await versionOf(eventId)).toBe(7);
    const document = await readDocument(db, eventId);
    expect(document?.zones[0]).toMatchObject({ blocked: { A: '1' } });
    expect(document?.event).toMatchObject({ holdSeconds: 90 });
  });

  it('has what a draft was changed to when it was published', async () => {
    const event = { ...(await openTestEvent()), eventId: unique('event') };
    await saveDraft(db, redis, planOf(event));
    const changed = planOf({ ...event, organiserId: 'another', holdMs: 60_000 });
    const changes = ['organiser: main → another', 'holds last: 600 s → 60 s'];
    expect(await planOpening(db, redis, changed)).toMatchObject({ kind: 'opened', changes });
    await openEvent(db, redis, changed);
    expect(await auditOf(event.eventId)).toEqual([
      ['command', 'draft'],
      ['command', 'publish', ...changes],
    ]);
  });

  it('has no line for a change that was refused', async () => {
    const event = await openTestEvent();
    const refused = await openEvent(db, redis, planOf({ ...event, holdMs: 1_000 }), { seen: 'another revision' });
    expect(refused.kind).toBe('refused');
    expect(await auditOf(event.eventId)).toEqual([['command', 'open']]);
    expect(await versionOf(event.eventId)).toBe(1);
  });
});

describe('a change meant for another version', () => {
  it('changes nothing, in neither store', async () => {
    const event = await openTestEvent();
    const { eventId } = event;
    const expected = 7;
    const other = planOf({ ...event, zones: [seatedZone(1, 20, 10)] });
    const tries = [
      () => openEvent(db, redis, other, { expected }),
      () => openEvent(db, redis, other, { expected: 0 }),
      () => changeSaleState(stores, eventId, { state: 'closed' }, { expected }),
      () => changeBlocked(db, redis, eventId, [{ zoneId: 1, row: 'A', column: 1 }], true, { expected }),
    ];
    for (const attempt of tries) await expect(attempt()).rejects.toThrow(VersionConflict);
    expect(await auditOf(eventId)).toHaveLength(1);
    expect(await openEvent(db, redis, planOf(event))).toEqual({ kind: 'unchanged' });
  });

  it('leaves the draft to one of twenty who create it at the same time', async () => {
    const event = { ...(await openTestEvent()), eventId: unique('event') };
    const drafts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, at) =>
        saveDraft(db, redis, planOf({ ...event, holdMs: 1_000 * (at + 1) }), { principal: `principal ${at}`, expected: 0 }),
      ),
    );
    expect(drafts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await auditOf(event.eventId)).toHaveLength(1);
    expect(await versionOf(event.eventId)).toBe(1);
  });
});
