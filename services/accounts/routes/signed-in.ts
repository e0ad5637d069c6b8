import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../../shared/http/problems.ts';
import { sendNotSignedIn } from '../../shared/identity/identify-principals.ts';
import type { Database } from '../../shared/stores/database.ts';
import { type AccountRow, findById, lockAccount } from '../accounts/accounts.ts';
import type { AccountsContext } from '../context.ts';
import { admitSignIn } from '../sign-in/sign-in-brake.ts';
import { originOf } from './client.ts';
import { sendTooMany } from './too-many.ts';

/** An account whose session is live now. An access token alone would still be valid some minutes after its owner signed out. */
export type SignedIn = { accountId: string; sessionId: string; began: Date; account: AccountRow };

/** Somebody without a password proves who they are by having signed in so recently. */
const recentlyMs = 900_000;

/** The signed-in account of a request. Replies with 401 and returns undefined if its session has ended. */
export async function requireSignedIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { db, sessions }: AccountsContext,
): Promise<SignedIn | undefined> {
  const { principal } = request;
  if (principal.kind !== 'account') {
    sendNotSignedIn(reply);
    return undefined;
  }
  const { accountId, sessionId } = principal;
  const began = await sessions.beganOn(db, { sessionId, accountId });
  const account = began && (await findById(db, accountId));
  if (began && account) return { accountId, sessionId, began, account };
  sendProblem(reply, 'SESSION_ENDED');
  return undefined;
}

/**
 * The account of a request that was signed in before this transaction, locked; undefined if it was deleted or signed out meanwhile. Call it before
 * anything else in the transaction: what is read after it is as it is now.
 */
export async function lockSignedIn(
  trx: Database,
  { accountId, sessionId }: Pick<SignedIn, 'accountId' | 'sessionId'>,
  { sessions }: Pick<AccountsContext, 'sessions'>,
): Promise<AccountRow | undefined> {
  const locked = await lockAccount(trx, accountId);
  const began = locked && (await sessions.beganOn(trx, { sessionId, accountId }));
  return began && locked;
}

/** Like lockSignedIn, after requireOwner: undefined also if the password, which proved the owner, is another one by now. */
export async function lockOwner(
  trx: Database,
  signedIn: SignedIn,
  context: Pick<AccountsContext, 'sessions'>,
): Promise<AccountRow | undefined> {
  const locked = await lockSignedIn(trx, signedIn, context);
  return locked?.password_hash === signedIn.account.password_hash ? locked : undefined;
}

/**
 * Whether somebody who is signed in is the account's owner, and not only at the owner's device: by the password or, without one, by a recent
 * sign-in. Replies and returns false if not.
 */
export async function requireOwner(
  request: FastifyRequest,
  reply: FastifyReply,
  context: AccountsContext,
  { account, began, password, pointer }: SignedIn & { password: string | undefined; pointer: string },
): Promise<boolean> {
  const { db, passwords, hashQueue, nowMs } = context;
  if (account.password_hash === null) {
    if (nowMs() - began.getTime() < recentlyMs) return true;
    sendProblem(reply, 'SIGN_IN_AGAIN');
    return false;
  }
  if (password === undefined) {
    sendProblem(reply, 'INVALID_REQUEST', { errors: [{ pointer, detail: 'is missing' }] });
    return false;
  }
  const origin = originOf(request, context);
  const outcome = await hashQueue.run(origin.address, async () => {
    const { account_id: accountId, email_key } = account;
    const admitted = await admitSignIn(db, { emailKey: email_key ?? '', accountId, origin, nowMs: nowMs() });
    if (admitted.kind === 'braked') return admitted;
    const { isRight } = await passwords.check(password, account.password_hash);
    if (isRight) await admitted.forgive(db);
    return isRight;
  });
  if (outcome === true) return true;
  if (outcome === false) sendProblem(reply, 'PASSWORD_WRONG', { errors: [{ pointer, detail: 'is not the current password' }] });
  else sendTooMany(reply, outcome);
  return false;
}
