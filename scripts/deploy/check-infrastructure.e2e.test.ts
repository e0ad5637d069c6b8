import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { openEvent } from '../../services/shared/inventory/open-event.ts';
import { parseEventFile } from '../../services/shared/inventory/plan/event-file.ts';
import { findBinary } from '../local/find-binary.ts';
import { get } from '../testing/http.ts';
import { startTestSystem } from '../testing/local-system.ts';
import { db, redis } from '../testing/stores.ts';

const script = join(import.meta.dirname, '../check-infrastructure.sh');

const check = (url: string) => execa(script, ['local', url], { all: true, reject: false });

it.runIf(await findBinary('curl'))(
  'passes on a real system once its canary event is open, and leaves all of its tickets unsold',
  async () => {
    await using resources = new AsyncDisposableStack();
    const { base } = await startTestSystem(resources);

    const before = await check(base);
    expect(before.all).toMatch(/\nFAIL .* can be bought: (404 .*EVENT_NOT_FOUND|503 .*INVENTORY_UNAVAILABLE)/);
    expect(before.all).toContain('10 checks, 3 failed');
    expect(before.exitCode).toBe(1);

    const plan = parseEventFile(readFileSync(join(import.meta.dirname, '../demo/canary.json'), 'utf8'));
    await openEvent(db, redis, plan);
    const after = await check(base);
    expect(after.all).toContain('10 checks, 0 failed');
    expect(after.exitCode).toBe(0);
    const { body } = await get(`${base}/query/api/v1/events/Canary/availability`);
    expect(body['zones']).toEqual([expect.objectContaining({ available: 1000, sold: 0 })]);
  },
);
