import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertConserved } from '../scripts/testing/conservation.ts';
import { get } from '../scripts/testing/http.ts';
import { startTestSystem } from '../scripts/testing/local-system.ts';
import { db, redis } from '../scripts/testing/stores.ts';
import { openEvent } from '../services/shared/inventory/open-event.ts';
import { parseEventFile } from '../services/shared/inventory/plan/event-file.ts';
import { collectionFile } from './collection.ts';

const root = join(import.meta.dirname, '..');

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

let base: string;
let opsToken: string;
beforeAll(async () => {
  for (const file of ['event1.json', 'small-hall.json', 'opera.json']) {
    await openEvent(db, redis, parseEventFile(readFileSync(join(root, 'scripts/demo', file), 'utf8')));
  }
  ({ base, opsToken } = await startTestSystem(resources));
});

/** Runs the collection as `npm run postman` does; rejects with newman's output if an assertion fails. */
async function runCollection(): Promise<void> {
  const newman = join(root, 'node_modules/newman/bin/newman.js');
  const environment = join(import.meta.dirname, 'local.postman_environment.json');
  const args = [newman, 'run', collectionFile, '--environment', environment, '--color', 'off'];
  args.push('--env-var', `baseUrl=${base}`, '--env-var', `opsToken=${opsToken}`);
  await execa(process.execPath, args);
}

describe('the Postman collection', () => {
  it('passes against the demo events, twice in a row, and cancels or releases all that it bought or held', async () => {
    for (let time = 1; time <= 2; time++) {
      await runCollection();
      for (const eventId of ['Event1', 'Event2', 'Rosenkavalier']) {
        const { body } = await get(`${base}/query/api/v1/events/${eventId}/availability`);
        expect(body).toMatchObject({ held: 0, sold: 0 });
        await assertConserved(redis, eventId);
      }
    }
  });
});
