import { setTimeout as pause } from 'node:timers/promises';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import type { System } from '../onsale/system.ts';
import { planHall } from './halls.ts';

const openEveryMs = 15_000;
const tryAgainMs = 200;
const onSaleAtOnce = 3;

export type Organiser = {
  /** All events so far. */
  events: Inventory[];
  /** The latest few, which buyers buy from. */
  onSale: () => Inventory[];
  /** Opens another event every 15 s until `stopping`, and retries while a store is away. */
  run(stopping: AbortSignal): Promise<void>;
};

/** Opens the first events. */
export async function startOrganiser({ db, redis }: System): Promise<Organiser> {
  const events: Inventory[] = [];
  async function open(): Promise<void> {
    const plan = planHall(events.length + 1);
    const outcome = await openEvent(db, redis, plan);
    if (outcome.kind === 'refused') throw new Error(`${plan.inventory.eventId} was not opened: ${outcome.reasons.join('; ')}`);
    events.push(plan.inventory);
  }
  for (let at = 0; at < onSaleAtOnce; at++) await open();
  return {
    events,
    onSale: () => events.slice(-onSaleAtOnce),
    async run(stopping) {
      const rest = (ms: number) => pause(ms, undefined, { signal: stopping }).catch(() => {});
      for (await rest(openEveryMs); !stopping.aborted; await rest(openEveryMs)) {
        while (
          !stopping.aborted &&
          !(await open().then(
            () => true,
            () => false,
          ))
        )
          await rest(tryAgainMs);
      }
    },
  };
}
