import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, type FaultKind, nameOf, type PartName } from './faults.ts';
import type { Part } from './part.ts';

/** Simultaneous faults. */
const atOnce = 2;

/**
 * Inflicts the faults on the parts and repairs each: two at a time, but never two on the same part. Starts no more once `signal`
 * is aborted. Returns the faults inflicted. Rejects if a part does not start again.
 */
export async function storm(
  parts: Record<PartName, Part>,
  faults: Fault[],
  { signal, onFault }: { signal: AbortSignal; onFault: (fault: Fault) => void },
): Promise<FaultKind[]> {
  const done: FaultKind[] = [];
  const inTrouble = new Map<PartName, Promise<void>>();
  const coming = faults.values();

  async function hand(): Promise<void> {
    for (const fault of coming) {
      await pause(fault.pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const { part } = fault;
      const before = inTrouble.get(part);
      const now = (before ?? Promise.resolve()).then(() => {
        done.push(fault);
        onFault(fault);
        return inflict(parts[part], fault);
      });
      inTrouble.set(
        part,
        now.catch(() => {}),
      );
      await now;
    }
  }

  await Promise.all(Array.from({ length: atOnce }, hand));
  return done;
}

async function inflict(part: Part, fault: Fault): Promise<void> {
  const { forMs } = fault;
  const { cable, misbehaviour } = part;
  switch (fault.deed) {
    case 'kill':
      await part.kill();
      await pause(forMs);
      return await part.start();
    case 'freeze':
      part.freeze();
      await pause(forMs);
      return part.thaw();
    case 'cut':
      if (!cable) throw new Error(`${nameOf(fault)}: no cable leads there`);
      await cable.cut();
      await pause(forMs);
      return await cable.mend();
    case 'trouble':
      if (!misbehaviour) throw new Error(`${nameOf(fault)}: it cannot misbehave`);
      await misbehaviour.begin(fault.trouble);
      await pause(forMs);
      return await misbehaviour.end();
    default:
      throw fault satisfies never;
  }
}
