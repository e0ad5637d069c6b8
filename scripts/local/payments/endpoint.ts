import type { Changes } from './journal.ts';

/** The reply to a request, and what it changes. `isUnread`: it was refused before anything was begun, so its idempotency key is not used up. */
export type Answer = { status: number; body: unknown; changes?: Changes; isUnread?: boolean };

export type Request = { ref: string; query: string; body: string; authorization: string };

/** `step`: its name in faults. `answer` is synchronous, so that requests cannot cross. */
export type Endpoint = {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  step: string;
  answer(request: Request): Answer;
};
