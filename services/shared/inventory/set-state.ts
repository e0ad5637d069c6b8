import type { RedisClient } from '../stores/redis.ts';
import { loadScript, runScript } from '../stores/script.ts';
import { countsKey, inventoryKey } from './keys.ts';

/** The state of an event's inventory; one that was published sells between its times. The field in Redis is empty for 'published'. */
export type SaleState = 'published' | 'paused' | 'closed' | 'archived';

/** `refused`: `state` does not lead to the wanted one. `busy`: more happened than was proven, or tickets are held. */
type StateOutcome =
  | { kind: 'changed' | 'unchanged' | 'noInventory' }
  | { kind: 'refused'; state: SaleState }
  | { kind: 'busy'; sequence: number; held: number };

const setStateScript = loadScript(new URL('lua/set-state.lua', import.meta.url));

/**
 * The wanted state and, to pause, whether holds may be confirmed meanwhile; to close, whether the event is cancelled, so that no hold can be
 * confirmed; to archive, the last sequence number proven to be in MySQL.
 */
export type WantedState =
  | { state: 'published' }
  | { state: 'closed'; isCancelled?: boolean }
  | { state: 'paused'; confirmWhilePaused: boolean }
  | { state: 'archived'; provenUpTo: number };

/**
 * Moves an event's inventory to another state: published ⇄ paused, either → closed → archived. From then on, every command is decided
 * by it. Once archived, nothing can be sold, held, confirmed or cancelled any more.
 */
export async function setState(redis: RedisClient, eventId: string, wanted: WantedState): Promise<StateOutcome> {
  const keys = [inventoryKey(eventId), countsKey(eventId)];
  const confirms = wanted.state === 'paused' && wanted.confirmWhilePaused ? '1' : '';
  const confirming = wanted.state === 'closed' && wanted.isCancelled ? 'never' : confirms;
  const proven = wanted.state === 'archived' ? wanted.provenUpTo : '';
  const args = [wanted.state === 'published' ? '' : wanted.state, confirming, proven];
  const [word, ...values] = (await runScript(redis, setStateScript, keys, args)) as [string, ...unknown[]];
  switch (word) {
    case 'CHANGED':
      return { kind: 'changed' };
    case 'UNCHANGED':
      return { kind: 'unchanged' };
    case 'REFUSED':
      return { kind: 'refused', state: stateOf(values[0] as string) };
    case 'BUSY':
      return { kind: 'busy', sequence: values[0] as number, held: values[1] as number };
    case 'NO_INVENTORY':
      return { kind: 'noInventory' };
    default:
      throw new Error(`set-state.lua replied ${word}`);
  }
}

/** The state of an event's inventory, or undefined if Redis has none. */
export async function readSaleState(redis: RedisClient, eventId: string): Promise<SaleState | undefined> {
  const [venueId, state] = await redis.hmget(inventoryKey(eventId), 'venueId', 'state');
  return venueId == null ? undefined : stateOf(state);
}

/** The state that the field `state` of an inventory stands for. */
export const stateOf = (field: string | null | undefined) => (field || 'published') as SaleState;
