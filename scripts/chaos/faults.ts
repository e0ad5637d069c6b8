import type { Random } from './random.ts';

export const partNames = ['purchase 1', 'purchase 2', 'persistence', 'query', 'redis', 'mysql', 'emulator'] as const;
export type PartName = (typeof partNames)[number];

/** What is done to a part: kill -9 and a new start, SIGSTOP and SIGCONT, or nothing gets through to it. */
type Deed = 'kill' | 'freeze' | 'cut';
export type FaultKind = { deed: Deed; part: PartName };
/** `pauseMs` before it, and how long it lasts; a start takes its own time. */
export type Fault = FaultKind & { pauseMs: number; forMs: number };

const longestPauseMs = 1_000;
const [shortestMs, longestMs] = [200, 3_000];

/** Only what others call can be cut off from them. */
export const everyKind: FaultKind[] = [
  ...partNames.flatMap((part) => [
    { deed: 'kill' as const, part },
    { deed: 'freeze' as const, part },
  ]),
  ...(['redis', 'mysql', 'emulator'] as const).map((part) => ({ deed: 'cut' as const, part })),
];

/** What can come between a script's answer and what a task does next: for the control. */
export const taskAndRedisKinds: FaultKind[] = everyKind.filter(
  ({ deed, part }) => deed !== 'freeze' && (part === 'redis' || part.startsWith('purchase')),
);

/** So many faults at random: each kind once, in any order, then each again, so that few of them are of many kinds. */
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
