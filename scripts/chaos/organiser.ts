import { setTimeout as pause } from 'node:timers/promises';
import type { Inventory } from '../../services/shared/inventory/inventory.ts';
import { fileOf, planHall } from './halls.ts';
import type { ChaosSystem } from './system.ts';

const openEveryMs = 15_000;
const endEveryMs = 5_000;
const tryAgainMs = 200;
const onSaleAtOnce = 3;
const toPayAtOnce = 2;
/** How long the organiser waits for a response. */
const answerMs = 5_000;

export type Organiser = {
  /** All events so far. */
  events: Inventory[];
  /** The latest few that need no payment. */
  onSale: () => Inventory[];
  /** The latest few that have to be paid. */
  toPay: () => Inventory[];
  /**
   * Until the organiser is stopped: opens another event every 15 s; and every 5 s one that has to be paid, and then closes or cancels an older one.
   * Buyers who are paying for a cancelled one lose their seats, and must not lose their money.
   */
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
  let planned = 0;
  const rest = (ms: number) => pause(ms, undefined, { signal: stopping }).catch(() => {});
  const isPaid = ({ payment }: Inventory) => payment === 'required';
  const onSale = () => events.filter((event) => !isPaid(event)).slice(-onSaleAtOnce);
  const toPay = () => events.filter(isPaid).slice(-toPayAtOnce);

  async function open(toBePaid: boolean): Promise<void> {
    const at = ++planned;
    const { inventory } = planHall(at, toBePaid);
    const path = `${inventory.eventId}?publish=true`;
    let isKnown = false;
    for (; !stopping.aborted; await rest(tryAgainMs)) {
      const answer = await send('PUT', path, fileOf(at, toBePaid), isKnown ? { 'if-match': '*' } : { 'if-none-match': '*' });
      if (answer?.status === 200 || answer?.status === 201) return void events.push(inventory);
      // An earlier request created it, and its answer was lost: the same file completes it.
      if (answer?.status === 412 && !isKnown) isKnown = true;
      else if (answer && answer.status !== 503)
        throw new Error(`${inventory.eventId} was not opened: ${answer.status} ${answer.text}`);
    }
  }

  /** Closes an event for buyers; what they hold, they may still buy. */
  async function close({ eventId }: Inventory): Promise<void> {
    await insist(`${eventId}/close`, undefined, [200]);
  }

  /** Cancels an event with all its orders, which takes longer. */
  async function cancel({ eventId }: Inventory): Promise<void> {
    await insist(`${eventId}/cancellation`, { confirm: eventId }, [202]);
  }

  async function insist(path: string, body: object | undefined, expected: number[]): Promise<void> {
    for (; !stopping.aborted; await rest(tryAgainMs)) {
      const answer = await send('POST', path, body);
      // 409: an earlier request, whose answer was lost, has done it.
      if (answer && [...expected, 409].includes(answer.status)) return;
      if (answer && answer.status !== 503) throw new Error(`POST ${path} returned ${answer.status} ${answer.text}`);
    }
  }

  async function send(method: 'PUT' | 'POST', path: string, body?: object, more: Record<string, string> = {}) {
    const headers = { authorization: `Bearer ${opsToken}`, ...(body && { 'content-type': 'application/json' }), ...more };
    try {
      const signal = AbortSignal.timeout(answerMs);
      const url = `${catalogueUrl}/catalogue/api/v1/events/${path}`;
      const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }), signal });
      return { status: response.status, text: await response.text() };
    } catch {
      return undefined;
    }
  }

  async function openOn(): Promise<void> {
    for (await rest(openEveryMs); !stopping.aborted; await rest(openEveryMs)) await open(false);
  }

  async function openAndEnd(): Promise<void> {
    for (let ended = 0; !stopping.aborted; ended++) {
      await rest(endEveryMs);
      const [oldest] = toPay();
      await open(true);
      if (oldest && !stopping.aborted) await (ended % 2 === 0 ? cancel(oldest) : close(oldest));
    }
  }

  for (let at = 0; at < onSaleAtOnce; at++) await open(false);
  for (let at = 0; at < toPayAtOnce; at++) await open(true);
  return {
    events,
    onSale,
    toPay,
    async run() {
      await Promise.all([openOn(), openAndEnd()]);
    },
  };
}
