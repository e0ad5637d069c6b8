import { requestFaults, webhookFaults } from '../local/payments/faults.ts';
import type { Random } from '../testing/random.ts';

export const partNames = [
  'purchase 1',
  'purchase 2',
  'persistence',
  'query',
  'accounts',
  'catalogue',
  'checkout 1',
  'checkout 2',
  'payments',
  'redis',
  'mysql',
  'emulator',
] as const;
export type PartName = (typeof partNames)[number];

/** How the payment provider misbehaves: with requests, or with its webhooks. */
const troubles = [...requestFaults, ...webhookFaults] as const;
export type Trouble = (typeof troubles)[number];

/**
 * kill: SIGKILL, then a restart. freeze: SIGSTOP, then SIGCONT. cut: the network to the part is interrupted. trouble: it answers, but not as
 * it should.
 */
type Deed = 'kill' | 'freeze' | 'cut' | 'trouble';
export type FaultKind =
  | { deed: Exclude<Deed, 'trouble'>; part: PartName }
  | { deed: 'trouble'; part: 'payments'; trouble: Trouble };
/** `pauseMs` is the pause before the fault, `forMs` how long it lasts, not counting a restart. */
export type Fault = FaultKind & { pauseMs: number; forMs: number };

const longestPauseMs = 1_000;
const [shortestMs, longestMs] = [200, 3_000];

/** Every kind of fault. Only the stores and the emulator can be cut off: the services reach them through a cable. Only the provider has faults of its own. */
export const everyKind: FaultKind[] = [
  ...partNames.flatMap((part) => [
    { deed: 'kill' as const, part },
    { deed: 'freeze' as const, part },
  ]),
  ...(['redis', 'mysql', 'emulator'] as const).map((part) => ({ deed: 'cut' as const, part })),
  ...troubles.map((trouble) => ({ deed: 'trouble' as const, part: 'payments' as const, trouble })),
];

/** For the control of the outbox: faults that can strike between a script's reply and the task's next step. */
export const taskAndRedisKinds: FaultKind[] = everyKind.filter(
  ({ deed, part }) => deed !== 'freeze' && (part === 'redis' || part.startsWith('purchase')),
);

/** `count` random faults. Each kind comes once, in random order, before any comes again, so that even a short run has many kinds. */
export function planFaults(random: Random, count: number, kinds = everyKind): Fault[] {
  const faults: Fault[] = [];
  while (faults.length < count) {
    for (const kind of random.shuffled(kinds)) {
      faults.push({ ...kind, pauseMs: random.integer(longestPauseMs), forMs: random.between(shortestMs, longestMs) });
    }
  }
  return faults.slice(0, count);
}

const words = { kill: 'kill -9', freeze: 'stop', cut: 'cut off' };

/** "kill -9 redis", "payments: lost-reply" */
export const nameOf = (fault: FaultKind) =>
  fault.deed === 'trouble' ? `${fault.part}: ${fault.trouble}` : `${words[fault.deed]} ${fault.part}`;
