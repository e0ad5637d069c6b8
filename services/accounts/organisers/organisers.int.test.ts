import { describe, expect, it } from 'vitest';
import { testAccounts } from '../../../scripts/testing/accounts.ts';
import { asOperator } from '../../../scripts/testing/apps.ts';
import { noteStatements } from '../../../scripts/testing/note-statements.ts';
import { ask, bearer, linkTokenOf, person, request, signedIn, signIn, signUp } from '../../../scripts/testing/people.ts';
import { db, unique } from '../../../scripts/testing/stores.ts';
import { inTransaction } from '../../shared/stores/transaction.ts';
import { uuidBytes } from '../../shared/stores/uuid.ts';
import { putMember, readRoles } from './members.ts';

const accounts = await testAccounts(db);
const { app, mails } = accounts;

type Headers = Record<string, string>;
const organiserUrl = (organiserId: string) => `/organisers/${organiserId}`;
const membersUrl = (organiserId: string) => `${organiserUrl(organiserId)}/members`;

/** An organiser with one admin, whose access token says so. */
async function organiser(plan?: string) {
  const organiserId = unique('house');
  await ask(accounts, request('PUT', organiserUrl(organiserId), { name: 'A house', ...(plan && { plan }) }, asOperator), 201);
  const admin = await signedIn(accounts);
  await join(organiserId, admin.email, ['admin'], asOperator);
  return { organiserId, admin: { ...admin, ...(await signIn(accounts, admin)) } };
}

const add = (organiserId: string, email: string, roles: string[], headers: Headers) =>
  request('PUT', membersUrl(organiserId), { email, roles }, headers);

const accept = (email: string) => request('POST', '/invitations/confirmations', { token: linkTokenOf(accounts, email) });

/** Invites somebody, who accepts. */
async function join(organiserId: string, email: string, roles: string[], headers: Headers): Promise<void> {
  await ask(accounts, add(organiserId, email, roles, headers), 202);
  await ask(accounts, accept(email), 204);
}

describe('an organiser', () => {
  it('is created and changed by the operator alone', async () => {
    const organiserId = unique('house');
    const put = (body: object, headers: Headers) => request('PUT', organiserUrl(organiserId), body, headers);
    const someone = await signedIn(accounts);
    await ask(accounts, put({ name: 'A house' }, {}), 401);
    await ask(accounts, put({ name: 'A house' }, bearer(someone.accessToken)), 403);
    expect(await ask(accounts, put({ name: 'A house' }, asOperator), 201)).toMatchObject({ organiserId, plan: 'standard' });
    const changed = await ask(accounts, put({ name: 'Another', plan: 'vip' }, asOperator));
    expect(changed).toMatchObject({ name: 'Another', plan: 'vip' });
    const { audits } = await ask(accounts, request('GET', `${organiserUrl(organiserId)}/audit`, undefined, asOperator));
    expect(audits).toMatchObject([
      { action: 'organiser.changed', principal: 'operator', details: { name: 'Another', plan: 'vip' } },
      { action: 'organiser.created', principal: 'operator' },
    ]);
  });

  it('does not exist for an admin of another one', async () => {
    const [mine, theirs] = [await organiser(), await organiser()];
    const as = bearer(mine.admin.accessToken);
    const key = { name: 'x', scopes: ['sell'] };
    const requests = (organiserId: string) => [
      request('GET', membersUrl(organiserId), undefined, as),
      add(organiserId, mine.admin.email, ['admin'], as),
      request('PUT', `${membersUrl(organiserId)}/${mine.admin.accountId}`, { roles: ['admin'] }, as),
      request('DELETE', `${membersUrl(organiserId)}/${theirs.admin.accountId}`, undefined, as),
      request('DELETE', membersUrl(organiserId), { email: theirs.admin.email }, as),
      request('GET', `${organiserUrl(organiserId)}/api-keys`, undefined, as),
      request('POST', `${organiserUrl(organiserId)}/api-keys`, key, as),
      request('DELETE', `${organiserUrl(organiserId)}/api-keys/${'A'.repeat(16)}`, undefined, as),
      request('GET', `${organiserUrl(organiserId)}/audit`, undefined, as),
    ];
    const [real, invented] = [requests(theirs.organiserId), requests(unique('house'))];
    for (const [at, one] of real.entries()) {
      const [there, nowhere] = [await app.inject(one), await app.inject(invented[at] ?? one)];
      expect([there.statusCode, there.json().code]).toEqual([404, 'ORGANISER_NOT_FOUND']);
      expect(there.body).toBe(nowhere.body);
    }
    const { members } = await ask(accounts, request('GET', membersUrl(theirs.organiserId), undefined, asOperator));
    expect(members).toHaveLength(1);
  });
});

describe('a member', () => {
  it('has the roles that an admin gave it, from its next access token on', async () => {
    const { organiserId, admin } = await organiser();
    const as = bearer(admin.accessToken);
    const helper = await signedIn(accounts);
    await join(organiserId, helper.email, ['door', 'box-office', 'door'], as);
    const rolesNow = async () => {
      const { accessToken } = await signIn(accounts, helper);
      return (await ask(accounts, request('GET', '/me', undefined, bearer(accessToken)))).roles;
    };
    expect(await rolesNow()).toEqual({ [organiserId]: ['box-office', 'door'] });
    const { members } = await ask(accounts, request('GET', membersUrl(organiserId), undefined, as));
    expect(members).toMatchObject([
      { accountId: admin.accountId, email: admin.email, roles: ['admin'] },
      { accountId: helper.accountId, email: helper.email, roles: ['box-office', 'door'] },
    ]);
    const one = `${membersUrl(organiserId)}/${helper.accountId}`;
    await ask(accounts, request('PUT', one, { roles: ['finance'] }, as), 204);
    expect(await rolesNow()).toEqual({ [organiserId]: ['finance'] });
    // Also by address, however it is written.
    await ask(accounts, add(organiserId, helper.email.toUpperCase(), ['support'], as), 204);
    expect(await rolesNow()).toEqual({ [organiserId]: ['support'] });
    await ask(accounts, request('DELETE', one, undefined, as), 204);
    expect(await rolesNow()).toEqual({});
    await ask(accounts, request('DELETE', one, undefined, as), 404);
    const { audits } = await ask(accounts, request('GET', `${organiserUrl(organiserId)}/audit?limit=5`, undefined, as));
    expect(audits).toMatchObject([
      { action: 'member.removed', principal: `account:${admin.accountId}`, accountId: helper.accountId },
      { action: 'member.changed', details: { roles: ['support'], before: ['finance'] } },
      { action: 'member.changed', details: { roles: ['finance'], before: ['box-office', 'door'] } },
      { action: 'member.added', principal: `account:${admin.accountId}`, details: { roles: ['box-office', 'door'] } },
      { action: 'member.invited', principal: `account:${admin.accountId}`, details: { roles: ['box-office', 'door'] } },
    ]);
    const oldest = audits.at(-1);
    const more = `${organiserUrl(organiserId)}/audit?before=${oldest.auditId}`;
    expect((await ask(accounts, request('GET', more, undefined, as))).audits.at(-1)).toMatchObject({
      action: 'organiser.created',
    });
  });

  it.each(['finance', 'support', 'organiser', 'box-office', 'door'])(
    'with the role %s manages neither members nor keys',
    async (role) => {
      const { organiserId, admin } = await organiser();
      const helper = await signedIn(accounts);
      await join(organiserId, helper.email, [role], bearer(admin.accessToken));
      const as = bearer((await signIn(accounts, helper)).accessToken);
      await ask(accounts, request('GET', membersUrl(organiserId), undefined, as), 403);
      await ask(accounts, add(organiserId, helper.email, ['admin'], as), 403);
      await ask(accounts, request('GET', `${organiserUrl(organiserId)}/api-keys`, undefined, as), 403);
    },
  );

  it('cannot be added by an id, which orders show, because that would show its address', async () => {
    const { organiserId, admin } = await organiser();
    const buyer = await signedIn(accounts);
    const byId = request('PUT', `${membersUrl(organiserId)}/${buyer.accountId}`, { roles: ['door'] }, bearer(admin.accessToken));
    await ask(accounts, byId, 404);
  });

  it('who is the last admin stays one', async () => {
    const { organiserId, admin } = await organiser();
    const as = bearer(admin.accessToken);
    const one = `${membersUrl(organiserId)}/${admin.accountId}`;
    for (const attempt of [
      request('DELETE', one, undefined, as),
      request('DELETE', membersUrl(organiserId), { email: admin.email }, as),
      request('PUT', one, { roles: ['door'] }, as),
      add(organiserId, admin.email, ['door'], as),
      request('DELETE', '/me', { password: admin.password }, as),
    ])
      expect(await ask(accounts, attempt, 409)).toMatchObject({ code: 'LAST_ADMIN' });
    expect(await readRoles(db, admin.accountId)).toEqual({ [organiserId]: ['admin'] });
    await signIn(accounts, admin);
  });

  it('is one of two admins who remove each other at the same time: one stays', async () => {
    for (let times = 0; times < 5; times++) {
      const { organiserId, admin } = await organiser();
      const other = await signedIn(accounts);
      await join(organiserId, other.email, ['admin'], bearer(admin.accessToken));
      const others = bearer((await signIn(accounts, other)).accessToken);
      const remove = (accountId: string, headers: Headers) =>
        app.inject(request('DELETE', `${membersUrl(organiserId)}/${accountId}`, undefined, headers));
      const answers = await Promise.all([remove(other.accountId, bearer(admin.accessToken)), remove(admin.accountId, others)]);
      // The other one is refused as the last admin or, if that is decided first, as nobody any more.
      expect(answers.filter(({ statusCode }) => statusCode === 204)).toHaveLength(1);
      const stays = await Promise.all([admin, other].map(({ accountId }) => readRoles(db, accountId)));
      expect(stays.filter((roles) => roles[organiserId]?.includes('admin'))).toHaveLength(1);
    }
  });

  it('who was removed or signed out changes nothing with the token that is left', async () => {
    const { organiserId, admin } = await organiser();
    const [removed, signedOut] = [await signedIn(accounts), await signedIn(accounts)];
    for (const { email } of [removed, signedOut]) await join(organiserId, email, ['admin'], bearer(admin.accessToken));
    const left = [bearer((await signIn(accounts, removed)).accessToken), bearer((await signIn(accounts, signedOut)).accessToken)];
    const url = `${membersUrl(organiserId)}/${removed.accountId}`;
    await ask(accounts, request('DELETE', url, undefined, bearer(admin.accessToken)), 204);
    await ask(accounts, request('DELETE', '/sessions', undefined, left[1]), 204);
    for (const as of left) {
      await ask(accounts, add(organiserId, removed.email, ['admin'], as), 404);
      await ask(accounts, request('POST', `${organiserUrl(organiserId)}/api-keys`, { name: 'x', scopes: ['sell'] }, as), 404);
    }
  });
});

describe('an invitation', () => {
  const list = (organiserId: string) => ask(accounts, request('GET', membersUrl(organiserId), undefined, asOperator));

  it('does not tell whether the address has an account, and makes nobody a member before they accept', async () => {
    const { organiserId, admin } = await organiser();
    const as = bearer(admin.accessToken);
    const [known, unknown] = [await signedIn(accounts), person()];
    const answers = [];
    for (const { email } of [known, unknown]) {
      const answer = await app.inject(add(organiserId, email, ['finance'], as));
      const { email: named, ...rest } = answer.json();
      expect(named).toBe(email);
      answers.push([answer.statusCode, rest]);
      expect(mails.findLast(({ to }) => to === email)).toMatchObject({ kind: 'invitation', organiser: 'A house' });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject([202, { roles: ['finance'] }]);
    const before = await list(organiserId);
    expect(before.members).toHaveLength(1);
    const invited = before.invitations.map(({ email }: { email: string }) => email);
    expect(invited).toEqual([known.email, unknown.email].toSorted());
    expect(await readRoles(db, known.accountId)).toEqual({});
    await ask(accounts, accept(known.email), 204);
    expect(await readRoles(db, known.accountId)).toEqual({ [organiserId]: ['finance'] });
    const after = await list(organiserId);
    expect(after.invitations).toMatchObject([{ email: unknown.email }]);
    expect(after.members[1]).toMatchObject({ email: known.email, roles: ['finance'] });
  });

  it('costs the same statements, whether or not the address has an account', async () => {
    const work: string[] = [];
    const noting = await testAccounts(db.withPlugin(noteStatements(work)));
    const { organiserId } = await organiser();
    const workOf = async (email: string) => {
      work.length = 0;
      await ask(noting, add(organiserId, email, ['door'], asOperator), 202);
      return [...work];
    };
    const known = await workOf((await signUp(accounts)).email);
    expect(known).toContain('InsertQueryNode');
    expect(await workOf(person().email)).toEqual(known);
  });

  it('waits for its own link: signing up or in says yes to nobody', async () => {
    const { organiserId, admin } = await organiser();
    const invited = person();
    await ask(accounts, add(organiserId, invited.email, ['door'], bearer(admin.accessToken)), 202);
    const invitation = accept(invited.email);
    await signUp(accounts, invited);
    await signIn(accounts, invited);
    expect((await list(organiserId)).members).toHaveLength(1);
    await ask(accounts, invitation, 204);
    expect((await list(organiserId)).members[1]).toMatchObject({ email: invited.email });
  });

  it('gives somebody without an account one without a password, once', async () => {
    const { organiserId, admin } = await organiser();
    const { email } = person();
    await ask(accounts, add(organiserId, email, ['door'], bearer(admin.accessToken)), 202);
    const invitation = accept(email);
    const answers = await Promise.all([app.inject(invitation), app.inject(invitation), app.inject(invitation)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 410, 410]);
    await ask(accounts, request('POST', '/sign-in-links', { email }), 202);
    const { accessToken } = await ask(accounts, request('POST', '/sign-ins/link', { token: linkTokenOf(accounts, email) }));
    expect(await ask(accounts, request('GET', '/me', undefined, bearer(accessToken)))).toMatchObject({
      roles: { [organiserId]: ['door'] },
      hasPassword: false,
    });
  });

  it('that was withdrawn, sent again or is two weeks old has a dead link', async () => {
    const { organiserId, admin } = await organiser();
    const as = bearer(admin.accessToken);
    const invited = person();
    await ask(accounts, add(organiserId, invited.email, ['admin'], as), 202);
    const first = accept(invited.email);
    await ask(accounts, add(organiserId, invited.email, ['door'], as), 202);
    await ask(accounts, first, 410);
    const second = accept(invited.email);
    const startedMs = accounts.clock.nowMs;
    accounts.clock.nowMs += 14 * 86_400_000;
    await ask(accounts, second, 410);
    accounts.clock.nowMs = startedMs;
    const withdraw = request('DELETE', membersUrl(organiserId), { email: invited.email.toUpperCase() }, as);
    await ask(accounts, withdraw, 204);
    await ask(accounts, withdraw, 404);
    await ask(accounts, second, 410);
    expect((await list(organiserId)).members).toHaveLength(1);
  });

  it('ends when the admin who sent it is removed, or is no admin any more', async () => {
    const { organiserId, admin } = await organiser();
    const as = bearer(admin.accessToken);
    const changes = [
      (url: string) => request('DELETE', url, undefined, as),
      (url: string) => request('PUT', url, { roles: ['door'] }, as),
    ];
    const others = person();
    await ask(accounts, add(organiserId, others.email, ['door'], as), 202);
    for (const change of changes) {
      const [sender, invited] = [await signedIn(accounts), person()];
      await join(organiserId, sender.email, ['admin', 'door'], as);
      const senders = bearer((await signIn(accounts, sender)).accessToken);
      await ask(accounts, add(organiserId, invited.email, ['admin'], senders), 202);
      await ask(accounts, change(`${membersUrl(organiserId)}/${sender.accountId}`), 204);
      expect(await ask(accounts, accept(invited.email), 410)).toMatchObject({ code: 'LINK_NOT_VALID' });
      const { audits } = await ask(accounts, request('GET', `${organiserUrl(organiserId)}/audit?limit=1`, undefined, as));
      const details = { invitedBy: `account:${sender.accountId}`, withdrawn: 1 };
      expect(audits).toMatchObject([{ action: 'invitation.withdrawn', principal: `account:${admin.accountId}`, details }]);
    }
    expect((await list(organiserId)).invitations).toMatchObject([{ email: others.email }]);
  });

  it('takes nothing from somebody who is a member by now', async () => {
    const { organiserId, admin } = await organiser();
    // Invited to be less, from before the operator made them an admin.
    await db.deleteFrom('members').where('account_id', '=', uuidBytes(admin.accountId)).execute();
    await ask(accounts, add(organiserId, admin.email, ['door'], asOperator), 202);
    const member = { organiserId, accountId: admin.accountId, roles: ['admin'], principal: 'operator' } as const;
    await inTransaction(db, (trx) => putMember(trx, member));
    await ask(accounts, accept(admin.email), 204);
    expect(await readRoles(db, admin.accountId)).toEqual({ [organiserId]: ['admin'] });
  });

  it('is one of a hundred at most that are open, however many ask for one together', async () => {
    const { organiserId, admin } = await organiser();
    const as = bearer(admin.accessToken);
    const row = { organiser_id: organiserId, roles: 'door', invited_by: 'operator', token_digest: null };
    const [now, past] = [new Date(accounts.clock.nowMs), new Date(accounts.clock.nowMs - 1)];
    const later = new Date(accounts.clock.nowMs + 60_000);
    const emails = Array.from({ length: 98 }, () => person().email);
    const rowOf = (email: string, expires_on: Date) => ({ ...row, email, email_key: email, invited_on: now, expires_on });
    await db
      .insertInto('invitations')
      .values([...emails.map((email) => rowOf(email, later)), rowOf(person().email, past)])
      .execute();
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => app.inject(add(organiserId, person().email, ['door'], as))),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([202, 202, 409, 409, 409, 409]);
    expect(answers.find(({ statusCode }) => statusCode === 409)?.json()).toMatchObject({ code: 'TOO_MANY_INVITATIONS' });
    // One that is open can be sent again.
    await ask(accounts, add(organiserId, emails[0] ?? '', ['support'], as), 202);
  });
});

describe('the roles in a token', () => {
  it('are those of the 20 organisers that came first', async () => {
    const { accountId } = await signedIn(accounts);
    const organiserIds = Array.from({ length: 22 }, () => unique('house'));
    for (const [at, organiserId] of organiserIds.entries()) {
      await ask(accounts, request('PUT', organiserUrl(organiserId), { name: 'A house' }, asOperator), 201);
      const member = { organiserId, accountId, roles: ['door'], principal: 'operator' } as const;
      await inTransaction(db, (trx) => putMember(trx, member, Date.now() + at));
    }
    expect(Object.keys(await readRoles(db, accountId)).sort()).toEqual(organiserIds.slice(0, 20).sort());
    await db.deleteFrom('members').where('account_id', '=', uuidBytes(accountId)).execute();
  });
});
