import type { Random } from './random.ts';

export const partNames = [
  'purchase 1',
  'purchase 2',
  'persistence',
  'query',
  'accounts',
  'catalogue',
  'redis',
  'mysql',
  'emulator',
] as const;
export type PartName = (typeof partNames)[number];

/** kill: SIGKILL, then a restart. freeze: SIGSTOP, then SIGCONT. cut: the network to the part is interrupted. */
type Deed = 'kill' | 'freeze' | 'cut';
export type FaultKind = { deed: Deed; part: PartName };
/** `pauseMs` is the pause before the fault, `forMs` how long it lasts, not counting a restart. */
export type Fault = FaultKind & { pauseMs: number; forMs: number };

const longestPauseMs = 1_000;
const [shortestMs, longestMs] = [200, 3_000];

/** Every kind of fault. Only the stores and the emulator can be cut off: the services reach them through a cable. */
export const everyKind: FaultKind[] = [
  ...partNames.flatMap((part) => [
    { deed: 'kill' as const, part },
    { deed: 'freeze' as const, part },
  ]),
  ...(['redis', 'mysql', 'emulator'] as const).map((part) => ({ deed: 'cut' as const, part })),
];

/** For the control: faults that can strike between a script's reply and the task's next step. */
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

const words: Record<Deed, string> = { kill: 'kill -9', freeze: 'stop', cut: 'cut off' };

/** "kill -9 redis" */
export const nameOf = ({ deed, part }: FaultKind) => `${words[deed]} ${part}`;
