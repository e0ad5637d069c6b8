import { LRUCache } from 'lru-cache';
import { type Limit, taken, waitFor } from '../basics/gcra.ts';

/** Wrong signatures from one network: 10 a second take 0.2 % of a core. */
const perNetwork: Limit = { burst: 50, everyMs: 100 };
/** Wrong signatures from all networks together: 500 a second take a tenth of a core. */
const overall: Limit = { burst: 500, everyMs: 2 };
/** Wrong signatures under the name of one session that is known here. */
const perSession: Limit = { burst: 5, everyMs: 10_000 };

/** Bound the memory: some 10 MB each. */
const maxNetworks = 100_000;
const maxSessions = 100_000;

/** Too many signatures were wrong, so this one was not verified. It may be in `waitMs`. */
export type Unverified = { kind: 'unverified'; waitMs: number };

/**
 * Bounds what wrong signatures cost a process. Anyone can send a token whose claims and key id are right, and only verifying its signature,
 * which takes 0.2 ms, shows that it is forged. Right signatures never count, so a crowd of new buyers behind one address is not limited. If
 * forgeries come from their network too, they share the verifications that it has left; but the next tokens of sessions that
 * were verified here before do not, because a stranger does not know the ids of sessions.
 */
export function createForgeryLimits() {
  /** When each bucket will be full again. */
  const networks = new LRUCache<string, number>({ max: maxNetworks });
  const sessions = new LRUCache<string, number>({ max: maxSessions });
  let allFullAtMs = 0;

  /** Returns the milliseconds to wait, or which bucket has lent a token that a right signature puts back. */
  function borrow(network: string, sessionId: string, nowMs: number): number | 'session' | 'network' | 'nothing' {
    const sessionFullAtMs = sessions.get(sessionId);
    if (sessionFullAtMs !== undefined && waitFor(perSession, sessionFullAtMs, nowMs) <= 0) {
      sessions.set(sessionId, taken(perSession, sessionFullAtMs, nowMs));
      return 'session';
    }
    const networkFullAtMs = networks.get(network) ?? 0;
    const waitMs = Math.max(waitFor(overall, allFullAtMs, nowMs), waitFor(perNetwork, networkFullAtMs, nowMs));
    if (waitMs > 0) return waitMs;
    // A network that sent no forgery lately may have more than a burst of buyers in one moment.
    if (networkFullAtMs <= nowMs) return 'nothing';
    networks.set(network, taken(perNetwork, networkFullAtMs, nowMs));
    return 'network';
  }

  return {
    /** Calls `verify`, which throws if the signature is wrong, unless too many were wrong. `sessionId`: as the token claims. */
    async within<T>(network: string, sessionId: string, verify: () => Promise<T>): Promise<T | Unverified> {
      const lender = borrow(network, sessionId, performance.now());
      if (typeof lender === 'number') return { kind: 'unverified', waitMs: lender };
      try {
        const verified = await verify();
        const nowMs = performance.now();
        if (lender === 'network') networks.set(network, taken(perNetwork, networks.get(network) ?? 0, nowMs, -1));
        sessions.set(sessionId, lender === 'session' ? taken(perSession, sessions.get(sessionId) ?? 0, nowMs, -1) : 0);
        return verified;
      } catch (error) {
        const nowMs = performance.now();
        if (lender !== 'network') networks.set(network, owed(perNetwork, networks.get(network) ?? 0, nowMs));
        allFullAtMs = owed(overall, allFullAtMs, nowMs);
        throw error;
      }
    },
  };
}

/** When a bucket will be full after one more is taken, even from an empty one; but it never takes longer than two refills. */
const owed = (limit: Limit, fullAtMs: number, nowMs: number): number =>
  Math.min(nowMs + 2 * limit.burst * limit.everyMs, taken(limit, fullAtMs, nowMs));
