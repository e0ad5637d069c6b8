import { setTimeout as pause } from 'node:timers/promises';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { fileOf, planHall } from './halls.ts';
import type { ChaosSystem } from './system.ts';

const openEveryMs = 15_000;
const tryAgainMs = 200;
const onSaleAtOnce = 3;
/** How long the organiser waits for a response. */
const answerMs = 5_000;

export type Organiser = {
  /** All events so far. */
  events: Inventory[];
  /** The latest few, which buyers buy from. */
  onSale: () => Inventory[];
  /** Opens another event every 15 s, until the organiser is stopped. */
  run(): Promise<void>;
};

/**
 * Opens events through the catalogue's API, the first ones now. A request that got no answer, or a 503, is sent again until the event is
 * open, whatever an earlier one has left half done. Any other answer rejects.
 */
export async function startOrganiser(
  { catalogueUrl, opsToken }: Pick<ChaosSystem, 'catalogueUrl' | 'opsToken'>,
  stopping: AbortSignal,
): Promise<Organiser> {
  const events: Inventory[] = [];
  const rest = (ms: number) => pause(ms, undefined, { signal: stopping }).catch(() => {});

  async function open(): Promise<void> {
    const at = events.length + 1;
    const { inventory } = planHall(at);
    const url = `${catalogueUrl}/catalogue/api/v1/events/${inventory.eventId}?publish=true`;
    let isKnown = false;
    for (; !stopping.aborted; await rest(tryAgainMs)) {
      const answer = await put(url, fileOf(at), isKnown ? { 'if-match': '*' } : { 'if-none-match': '*' });
      if (answer?.status === 200 || answer?.status === 201) return void events.push(inventory);
      // An earlier request created it, and its answer was lost: the same file completes it.
      if (answer?.status === 412 && !isKnown) isKnown = true;
      else if (answer && answer.status !== 503)
        throw new Error(`${inventory.eventId} was not opened: ${answer.status} ${answer.text}`);
    }
  }

  async function put(url: string, file: object, precondition: Record<string, string>) {
    const headers = { authorization: `Bearer ${opsToken}`, 'content-type': 'application/json', ...precondition };
    try {
      const signal = AbortSignal.timeout(answerMs);
      const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(file), signal });
      return { status: response.status, text: await response.text() };
    } catch {
      return undefined;
    }
  }

  for (let at = 0; at < onSaleAtOnce; at++) await open();
  return {
    events,
    onSale: () => events.slice(-onSaleAtOnce),
    async run() {
      for (await rest(openEveryMs); !stopping.aborted; await rest(openEveryMs)) await open();
    },
  };
}
