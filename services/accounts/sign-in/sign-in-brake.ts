import { hash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../shared/stores/database.ts';
import { afterFailure, type Slowing, waitOf } from './delay.ts';

/** Guesses at one account, from addresses that it has never signed in from, all together. */
const perAccount: Slowing = { free: 5, longestMs: 900_000, forgetMs: 900_000 };
/** Guesses from one address at any account. A whole office may share one. */
const perAddress: Slowing = { free: 20, longestMs: 300_000, forgetMs: 60_000 };
/** Typing errors of somebody who has signed in from there before. */
const perAcquaintance: Slowing = { free: 10, longestMs: 30_000, forgetMs: 60_000 };

type Subject = { digest: Buffer; slowing: Slowing };

/** Where a sign-in comes from: the client's address and, if a browser that signed in before sent it, its device cookie. */
export type Origin = { address: string; device?: string | undefined };

/** A try that may go on. Call `forgive` if the password was right: until then the try counts as wrong, so that parallel tries count too. */
export type Admitted = { kind: 'admitted'; forgive: (db: Database) => Promise<void> };
export type Braked = { kind: 'braked'; retryAfterSeconds: number };

/** What an account remembers of where it signed in from: a digest, since an address is personal data. */
const placeDigests = ({ address, device }: Origin): Buffer[] => [
  digestOf(`address ${address}`),
  ...(device === undefined ? [] : [digestOf(`device ${device}`)]),
];

/**
 * Slows down guessing. A try that must wait is refused, and does not count. A place (address or device) that the account has signed in from
 * before is counted on its own, so that other people's guesses never make its owner wait.
 */
export async function admitSignIn(
  db: Database,
  { emailKey, accountId, origin, nowMs }: { emailKey: string; accountId: Buffer | undefined; origin: Origin; nowMs: number },
): Promise<Admitted | Braked> {
  const known = await findKnownPlace(db, accountId, origin);
  const subjects: Subject[] = known
    ? [{ digest: digestOf(`known ${known.toString('hex')} ${emailKey}`), slowing: perAcquaintance }]
    : [
        { digest: accountSubject(emailKey), slowing: perAccount },
        { digest: digestOf(`address ${origin.address}`), slowing: perAddress },
      ];
  const waitMs = await count(db, subjects, nowMs);
  if (waitMs > 0) return { kind: 'braked', retryAfterSeconds: Math.ceil(waitMs / 1_000) };
  return { kind: 'admitted', forgive: (trx) => forgive(trx, subjects) };
}

/** Forgets the guesses at an account: its owner has proved to be so by mail. */
export async function forgetGuesses(db: Database, emailKey: string): Promise<void> {
  await db.deleteFrom('sign_in_failures').where('subject', '=', accountSubject(emailKey)).execute();
}

/** Remembers where an account signed in from. */
export async function rememberPlaces(db: Database, accountId: Buffer, origin: Origin, now: Date): Promise<void> {
  const rows = placeDigests(origin).map((digest) => ({ account_id: accountId, address_digest: digest, used_on: now }));
  await db.insertInto('known_addresses').values(rows).onDuplicateKeyUpdate({ used_on: now }).execute();
}

const accountSubject = (emailKey: string) => digestOf(`account ${emailKey}`);

/** Nobody's id: an unknown address must cost the same statements. */
const nobody = Buffer.alloc(16);

async function findKnownPlace(db: Database, accountId: Buffer | undefined, origin: Origin): Promise<Buffer | undefined> {
  const rows = await db
    .selectFrom('known_addresses')
    .select('address_digest')
    .where('account_id', '=', accountId ?? nobody)
    .where('address_digest', 'in', placeDigests(origin))
    .execute();
  const known = rows.map(({ address_digest }) => address_digest);
  // A device is one person's; an address may be shared with somebody who guesses.
  const [address, device] = placeDigests(origin);
  return [device, address].find((place) => place !== undefined && known.some((one) => one.equals(place)));
}

/** Counts a failure for each subject unless one must wait. Returns the longest wait. Rows are locked in one order. */
function count(db: Database, subjects: Subject[], nowMs: number): Promise<number> {
  const sorted = subjects.toSorted((one, other) => one.digest.compare(other.digest));
  const digests = sorted.map(({ digest }) => digest);
  return db.transaction().execute(async (trx) => {
    const now = new Date(nowMs);
    await trx
      .insertInto('sign_in_failures')
      .values(digests.map((subject) => ({ subject, failures: 0, failed_on: now })))
      .onDuplicateKeyUpdate({ failures: sql`failures` })
      .execute();
    const rows = await trx.selectFrom('sign_in_failures').selectAll().where('subject', 'in', digests).forUpdate().execute();
    const states = sorted.map(({ digest, slowing }) => {
      const row = rows.find(({ subject }) => subject.equals(digest));
      return { digest, slowing, failures: row?.failures ?? 0, failedOnMs: row?.failed_on.getTime() ?? 0 };
    });
    const waitMs = Math.max(...states.map((state) => waitOf(state, state.slowing, nowMs)));
    if (waitMs > 0) return waitMs;
    const counted = states.map((state) => ({ subject: state.digest, ...afterFailure(state, state.slowing, nowMs) }));
    await trx
      .insertInto('sign_in_failures')
      .values(counted.map(({ subject, failures, failedOnMs }) => ({ subject, failures, failed_on: new Date(failedOnMs) })))
      .onDuplicateKeyUpdate({ failures: sql`values(failures)`, failed_on: sql`values(failed_on)` })
      .execute();
    return 0;
  });
}

async function forgive(db: Database, subjects: Subject[]): Promise<void> {
  await db
    .updateTable('sign_in_failures')
    .set({ failures: sql`greatest(failures - 1, 0)` })
    .where(
      'subject',
      'in',
      subjects.map(({ digest }) => digest),
    )
    .execute();
}

const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer');
