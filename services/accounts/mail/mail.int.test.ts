import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScratchWithTables } from '../../../scripts/testing/scratch-database.ts';
import { silentLogger } from '../../../scripts/testing/silent-logger.ts';
import type { Rounds } from '../../shared/basics/rounds.ts';
import type { Mail } from './mail.ts';
import { leaseMs, startMailSender } from './mail-sender.ts';
import { claimMails, readMailBacklog } from './outbox.ts';
import { queueMail } from './queue-mail.ts';
import type { SendMail } from './ses.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());
const db = await createScratchWithTables(resources, 12);

const minuteMs = 60_000;
const origin = 'https://tickets.example';
const reset = (to: string): Mail => ({ to, kind: 'reset', link: '/accounts/reset#token=secret' });
const addressOf = (at: number) => `person-${at}@shop.example`;

let nowMs: number;
/** What the mail service has accepted; `answer` is what it says to each mail. */
let accepted: Parameters<SendMail>[0][];
let answer: () => Promise<void>;
const send: SendMail = async (mail) => {
  await answer();
  accepted.push(mail);
};

beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 1);
  accepted = [];
  answer = async () => {};
  await db.deleteFrom('mails').execute();
  await db.deleteFrom('mail_limits').execute();
});

const senders: Rounds[] = [];
afterEach(async () => {
  await Promise.all(senders.splice(0).map((sender) => sender.stop()));
});

/** A process of accounts that sends mails. All share the tests' clock. */
function startSender(): Rounds {
  const sender = startMailSender({ db, send, origin, logger: silentLogger, clock: () => nowMs, pauseMs: 10 });
  senders.push(sender);
  return sender;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await pause(10);
}
const waiting = async () => (await readMailBacklog(db, nowMs)).waiting;
const queue = (mail: Mail) => db.transaction().execute((trx) => queueMail(trx, mail, nowMs));
const attempts = async () => (await db.selectFrom('mails').select('attempts').execute()).map((row) => row.attempts);

describe('a queued mail', () => {
  it('is sent with its link at the public origin, and leaves nothing behind', async () => {
    await queue({ to: 'ann@shop.example', kind: 'verify', link: '/accounts/verify#token=abc', validMinutes: 60 });
    startSender();
    await until(async () => (await waiting()) === 0);
    expect(accepted).toEqual([
      expect.objectContaining({
        to: 'ann@shop.example',
        kind: 'verify',
        subject: 'Confirm your e-mail address',
        text: expect.stringContaining('https://tickets.example/accounts/verify#token=abc'),
      }),
    ]);
    expect(await db.selectFrom('mails').selectAll().execute()).toEqual([]);
  });

  it('is not sent if its transaction is rolled back', async () => {
    const failing = db.transaction().execute(async (trx) => {
      await queueMail(trx, reset('ann@shop.example'), nowMs);
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    expect(await waiting()).toBe(0);
  });

  it('is sent once, although several processes send', async () => {
    for (let at = 0; at < 100; at++) await queue(reset(addressOf(at)));
    for (let at = 0; at < 4; at++) startSender();
    await until(async () => (await waiting()) === 0);
    expect(accepted.map(({ to }) => to).toSorted()).toEqual(Array.from({ length: 100 }, (_, at) => addressOf(at)).toSorted());
  });

  it('survives the death of the process that claimed it: another sends it after the lease, with the same id', async () => {
    await queue(reset('ann@shop.example'));
    const [claimed] = await claimMails(db, { nowMs, leaseMs, most: 10 });
    nowMs += leaseMs - 1;
    expect(await claimMails(db, { nowMs, leaseMs, most: 10 })).toEqual([]);
    nowMs += 1;
    startSender();
    await until(() => accepted.length === 1);
    expect(accepted[0]?.mailId).toBe(claimed?.mailId);
  });

  it('outlives an hour without the mail service, and is sent within minutes after it', async () => {
    for (let at = 0; at < 30; at++) await queue(reset(addressOf(at)));
    answer = () => Promise.reject(new Error('away'));
    startSender();
    const endMs = nowMs + 60 * minuteMs;
    while (nowMs < endMs) {
      const before = (await attempts()).reduce((sum, one) => sum + one, 0);
      nowMs += minuteMs;
      // No mail rests for more than six minutes.
      if (nowMs % (6 * minuteMs) === 0) await until(async () => (await attempts()).reduce((sum, one) => sum + one, 0) > before);
    }
    expect([await waiting(), accepted.length]).toEqual([30, 0]);
    // It came back by and by, not in a storm.
    expect(Math.max(...(await attempts()))).toBeLessThan(30);
    answer = async () => {};
    nowMs += 6 * minuteMs;
    await until(async () => (await waiting()) === 0);
    expect(accepted).toHaveLength(30);
  });

  it.each([
    ['after a day without success', 'TooManyRequestsException', 24 * 60 + 1],
    ['immediately if the mail service says that it is malformed', 'BadRequestException', 0],
  ])('is given up %s; its row stays, without its content and recipient', async (_when, name, minutes) => {
    await queue(reset('nobody@shop.example'));
    nowMs += minutes * minuteMs;
    answer = () => Promise.reject(Object.assign(new Error('no: nobody@shop.example is not right'), { name }));
    startSender();
    await until(async () => (await waiting()) === 0);
    expect(await db.selectFrom('mails').select(['recipient', 'data', 'last_error', 'given_up_on']).execute()).toEqual([
      { recipient: '', data: null, last_error: `${name}: no: … is not right`, given_up_on: new Date(nowMs) },
    ]);
    expect(await readMailBacklog(db, nowMs)).toEqual({ waiting: 0, oldestSeconds: 0, givenUp: 1 });
  });

  it('does not wait for others that fail', async () => {
    for (let at = 0; at < 25; at++) await queue(reset(addressOf(at)));
    nowMs += 1;
    await queue(reset('ann@shop.example'));
    let calls = 0;
    answer = () => (++calls <= 25 ? Promise.reject(new Error('a bad one')) : Promise.resolve());
    startSender();
    await until(() => accepted.length === 1);
    expect(accepted[0]?.to).toBe('ann@shop.example');
  });
});

describe('the limit of an address', () => {
  const tryMany = async (count: number, mail: Mail) => {
    const queued: boolean[] = [];
    for (let at = 0; at < count; at++) queued.push(await queue(mail));
    return queued.filter(Boolean).length;
  };

  it('lets three mails of a kind through at once, and six in any hour', async () => {
    expect(await tryMany(10, reset('ann@shop.example'))).toBe(3);
    let inAnHour = 3;
    for (let minute = 1; minute < 60; minute++) {
      nowMs += minuteMs;
      inAnHour += await tryMany(2, reset('ann@shop.example'));
    }
    expect(inAnHour).toBeLessThanOrEqual(6);
    nowMs += 60 * minuteMs;
    expect(await tryMany(10, reset('ann@shop.example'))).toBe(3);
  });

  it('holds for parallel requests', async () => {
    const queued = await Promise.all(Array.from({ length: 30 }, () => queue(reset('ann@shop.example'))));
    expect(queued.filter(Boolean)).toHaveLength(3);
  });

  it('leaves each security notice its own allowance, which no other mail, notice or spelling uses up', async () => {
    const notice = (to: string, of: 'password-changed' | 'session-stolen' | 'identity-linked'): Mail => ({
      to,
      kind: 'security',
      notice: of,
    });
    await tryMany(10, reset('ann@shop.example'));
    await tryMany(10, notice('ann@shop.example', 'identity-linked'));
    await tryMany(10, notice('ann+mallory@shop.example', 'session-stolen'));
    expect(await tryMany(10, notice('ann@shop.example', 'session-stolen'))).toBe(3);
    expect(await tryMany(10, { to: 'ann+mallory@shop.example', kind: 'email-changed', newEmail: 'x@shop.example' })).toBe(3);
    expect(await tryMany(10, { to: 'Ann@shop.example', kind: 'email-changed', newEmail: 'x@shop.example' })).toBe(3);
    // The longest name fits.
    expect(await tryMany(10, notice('ann@shop.example', 'password-changed'))).toBe(3);
  });

  it('counts ways to write an address together, and kinds and people apart', async () => {
    const verify = (to: string): Mail => ({ to, kind: 'verify', link: '/accounts/link#welcome=secret' });
    expect(await tryMany(3, verify('ann+tickets@shop.example'))).toBe(3);
    expect(await tryMany(3, verify('Ann+2@Shop.example'))).toBe(0);
    // Nobody keeps the owner of an address from signing up with spellings of it.
    expect(await tryMany(3, verify('ann@shop.example'))).toBe(3);
    expect(await tryMany(3, verify('Ann@Shop.example'))).toBe(0);
    expect(await tryMany(3, { to: 'ann@shop.example', kind: 'security', notice: 'password-changed' })).toBe(3);
    expect(await tryMany(3, verify('bob@shop.example'))).toBe(3);
  });

  it('leaves the owner of an account their links, whatever is sent to other spellings of the address', async () => {
    const signIn = (to: string, hasAccount: boolean): Mail => ({
      to,
      kind: 'sign-in-link',
      link: '/accounts/link#sign-in=secret',
      hasAccount,
    });
    for (const to of ['ann+1@shop.example', 'ann@shop.example', 'ann+shop@shop.example']) await tryMany(10, signIn(to, false));
    await tryMany(10, reset('ann@shop.example'));
    expect(await tryMany(10, signIn('ann+shop@shop.example', true))).toBe(3);
    expect(await tryMany(10, reset('ann+shop@shop.example'))).toBe(3);
  });
});
