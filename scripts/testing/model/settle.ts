import { observe, type Snapshot } from './observe.ts';
import { seatName } from './places.ts';
import type { Done, Outcome, Request } from './requests.ts';
import { judge } from './rules.ts';
import { Illegal } from './same.ts';
import { isBeingPaid, isPast, type Model } from './state.ts';

export type Settled = { model: Model } | { why: string };

/** With more requests there are too many orders to try: one connection sent them, so they happen in the order sent. */
export const mostTogether = 6;

type Before = { model: Model; snapshot: Snapshot; seen: Map<string, number> };

/**
 * Every request takes effect at one moment, so concurrent requests happen in some order. This tries every order, starting with the
 * one in which they were sent. In no order can two requests get the same seat. Notes what happened in `seen`.
 */
export function settle(before: Before, snapshot: Snapshot, model: Model, done: Done[]): Settled {
  if (done.length === 0) return attempt(() => observe(model, before, snapshot));
  let first: Settled | undefined;
  for (const [at, { request, outcome }] of done.slice(0, done.length > mostTogether ? 1 : undefined).entries()) {
    const next = attempt(() => judge(model, request, outcome));
    const settled = 'why' in next ? next : settle(before, snapshot, next.model, done.toSpliced(at, 1));
    if ('model' in settled) {
      note(before.seen, model, request, outcome);
      return settled;
    }
    first ??= settled;
  }
  return first ?? { why: 'nothing was done' };
}

function attempt(next: () => Model): Settled {
  try {
    return { model: next() };
  } catch (error) {
    if (error instanceof Illegal) return { why: error.message };
    throw error;
  }
}

function note(seen: Map<string, number>, model: Model, { does, ...request }: Request, outcome: Outcome): void {
  const hold = 'holdId' in request && model.holds.get(request.holdId);
  const words = [
    request.idempotency && model.answers.has(request.idempotency.key) && 'again',
    does,
    hold && (hold.state === 'held' && isPast(model, hold) ? 'overdue' : isBeingPaid(model, hold) ? 'paying' : hold.state),
    outcome.kind === 'refused' ? outcome.code : outcome.kind,
  ];
  count(seen, words.filter(Boolean).join(' '));
  if (!('order' in outcome) || outcome.isReplay) return;
  const { tickets } = outcome.order;
  const isTaking = does === 'sell' || does === 'hold' || does === 'exchange';
  if (isTaking && tickets.some((ticket) => !ticket.cancelled && model.blocked.has(seatName(ticket))))
    count(seen, `${does} blocked seats`);
  if (!('request' in request)) return;
  if ('items' in request.request) count(seen, `${does} a mixed order`);
  const [promotion] = tickets.flatMap((ticket) => ticket.promotion ?? []);
  if (promotion) count(seen, `${does} with ${promotion}`);
}

export const count = (seen: Map<string, number>, what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
