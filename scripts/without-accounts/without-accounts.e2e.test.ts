import { afterAll, describe, expect, it } from 'vitest';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { systemAt } from '../flash-sale/system.ts';
import { freePorts } from '../local/free-ports.ts';
import { startSystem } from '../local/system.ts';
import { createScratchUrls } from '../testing/scratch-database.ts';
import { testFolder } from '../testing/services.ts';
import { redis } from '../testing/stores.ts';
import { faultsOf, textOf } from './report.ts';
import { type Round, sellWithout } from './sell-without.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

describe('selling without accounts', { timeout: 300_000 }, () => {
  it('goes on to buyers who signed in before accounts, catalogue and checkout were killed, and every ticket is where it was promised', async () => {
    const ports = await freePorts();
    const folder = testFolder(resources);
    // No other system may send this one's mails to its own mailbox.
    const urls = await createScratchUrls(resources);
    const { others } = await startSystem({ folder, ports, urls, resources, say: () => {}, prepare: async () => {} });
    const of = { system: systemAt(ports, urls), others, ports };
    const run = await sellWithout(of, { seconds: 1, seats: 200, buyers: 3 }, { say: () => {} });
    expect(run.killed.toSorted()).toEqual(['accounts', 'catalogue', 'checkout']);
    expect(run.after.length).toBeGreaterThan(0);
    for (const { eventId, sold } of [...run.before, ...run.after]) {
      expect(sold).toBe(200);
      expect((await readInventory(redis, eventId))?.buyers).toBe('signed-in');
    }
    expect(faultsOf(run)).toEqual([]);
    expect(textOf(run)).toMatch(/Ratio: \d+\.\d\d\n.*no request failed or was refused, and verify found no difference/);
  });

  it('names every request that was refused or failed, and every difference', () => {
    const good: Round = { eventId: 'A', startedMs: -1, perSecond: 10, p99Ms: 1, sold: 2, faults: {}, differences: [] };
    const bad: Round = { ...good, eventId: 'B', faults: { NOT_SIGNED_IN: 2 }, differences: ['verify found 1 differences'] };
    const run = { before: [good], after: [bad], killed: ['accounts'], soldForMs: 1_000 };
    expect(faultsOf(run)).toEqual(['B: 2 requests got NOT_SIGNED_IN', 'B: verify found 1 differences']);
    expect(textOf(run)).toContain('in 1 s; 2 faults.');
  });
});
