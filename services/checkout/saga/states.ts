import type { CheckoutState } from '../../shared/stores/schema.ts';

/**
 * What a checkout in a state does next, and where that may lead. `by`: who makes the transition: `step` is what the saga does (steps.ts), and
 * is tried again until it succeeds; `buyer or provider` comes from outside. `nobody`: nothing happens any more, apart from refunds.
 */
type State = { means: string; by: 'step' | 'buyer or provider' | 'nobody'; to: readonly CheckoutState[] };

/**
 * The saga. Until the hold is confirmed (the pivot, `confirming` → `capturing`), everything that was done can be undone: the payment is
 * voided and the seats are freed. After it, the saga only goes forward.
 */
export const states = {
  opening: {
    means: 'Purchase is asked to keep the hold while it is paid; a free order needs no payment',
    by: 'step',
    to: ['awaiting_payment', 'confirming', 'failed'],
  },
  awaiting_payment: {
    means: 'The buyer pays, or tries again after a payment that failed',
    by: 'buyer or provider',
    to: ['confirming', 'cancelling'],
  },
  cancelling: {
    means: 'Too late, or the buyer gave up: the payment is cancelled at the provider before the seats are freed',
    by: 'step',
    to: ['releasing', 'confirming', 'voiding'],
  },
  releasing: { means: 'The payment is dead: purchase ends the hold', by: 'step', to: ['cancelled', 'undoing'] },
  confirming: {
    means: 'The payment is authorized: purchase turns the hold into an order. The pivot',
    by: 'step',
    to: ['capturing', 'paid', 'replacing', 'voiding'],
  },
  replacing: {
    means: 'The seats were lost, and the buyer takes equal ones: nobody can confirm the lost ones any more, and others are held',
    by: 'step',
    to: ['confirming', 'voiding'],
  },
  voiding: {
    means: 'There are no seats: nobody can confirm any more, and the payment is voided or refunded',
    by: 'step',
    to: ['failed', 'capturing'],
  },
  capturing: { means: 'The order exists: the money is taken', by: 'step', to: ['paid', 'undoing'] },
  undoing: {
    means: 'The money cannot be taken: the payment is voided and the order cancelled',
    by: 'step',
    to: ['failed', 'paid'],
  },
  paid: { means: 'Paid, and sold', by: 'nobody', to: [] },
  cancelled: { means: 'Not paid; the seats are free', by: 'nobody', to: [] },
  failed: { means: 'Nothing was sold, and no money was kept', by: 'nobody', to: [] },
} as const satisfies Record<CheckoutState, State>;

type StateTable = typeof states;

/** The states in which the saga does something. */
export type StepState = { [Name in CheckoutState]: StateTable[Name]['by'] extends 'step' ? Name : never }[CheckoutState];

export const isFinal = (state: CheckoutState): boolean => states[state].by === 'nobody';

/** Whether a transition is in the table; staying in a state is no transition. */
export const leadsTo = (from: CheckoutState, to: CheckoutState): boolean =>
  from === to || (states[from].to as readonly CheckoutState[]).includes(to);
