import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readInventory } from '../../services/shared/inventory/inventory.ts';
import { freePort, freePorts } from '../local/free-ports.ts';
import { secretsOf } from '../local/secrets.ts';
import { startSystem } from '../local/system.ts';
import { startTestService, testFolder } from '../testing/services.ts';
import { createMessaging, db, redis, urls } from '../testing/stores.ts';
import { duplicatesTable } from './duplicates-table.ts';
import { flashSale } from './flash-sale.ts';
import { holdSale } from './hold-sale.ts';
import { judgeSale } from './judge-sale.ts';
import { assertHealthy, opsLink, type SystemUnderSale, systemAt } from './system.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

let folder: string;
let system: SystemUnderSale;
beforeAll(async () => {
  folder = testFolder(resources);
  const ports = await freePorts();
  await startSystem({ folder, ports, urls, resources, say: () => {}, prepare: async () => {}, others: false });
  system = systemAt(ports, urls);
});

const options = { seats: 300, buyers: 400, best: false, seed: 1, connections: 50 };

/** Records what a person would have been shown. */
function listen() {
  const lines: string[] = [];
  const pictures: unknown[] = [];
  const say = (text: string) => void lines.push(text);
  const show = { status: () => {}, rehearsal: () => {}, live: (live: object) => void pictures.push({ ...live }), say };
  return { lines, pictures, show };
}

describe('a flash sale', () => {
  it.each([false, true])('sells every seat once, is judged right, and leaves a page with charts (best: %s)', async (best) => {
    const { lines, pictures, show } = listen();
    const reportFile = join(folder, `report-${best}.html`);
    const onOpened = async (eventId: string) => {
      expect(pictures).toEqual([]);
      expect((await readInventory(redis, eventId))?.sold).toEqual(new Map([[1, 0]]));
      lines.push(`${eventId} waits`);
    };
    const about = { reportFile, command: 'the <command>' };
    expect(await flashSale({ system, show, onOpened }, { ...options, best }, about)).toBe(true);
    const text = lines.join('\n');
    expect(text).toMatch(/^FlashSale-\S+ waits$/m);
    expect(text).toMatch(/Seats sold +300 +of 300/);
    expect(text).toMatch(/Revenue +30,000.00 USD +exact/);
    expect(text).toMatch(best ? /400 in all, 100 SOLD_OUT/ : /400 in all, 100 SEAT_TAKEN/);
    expect(text).toContain('Nothing was oversold, nothing was lost');
    expect(pictures.at(-1)).toMatchObject({ sold: 300, refused: 100, failed: 0, sample: { projected: 300 } });
    const page = readFileSync(reportFile, 'utf8');
    expect(page.match(/<svg /g)).toHaveLength(4);
    expect(page).toContain('the &#60;command&#62;');
    expect(page).not.toMatch(/(src|href|url)\s*[=(]\s*["']?(https?:)?\/\//);
  });

  it('detects a ticket deleted from MySQL, a ticket with a wrong price, and a seat sold twice', async () => {
    const sale = await holdSale(system, { ...options, seed: 2 });
    expect(await judgeSale(system, sale)).toMatchObject({ sold: 300, lost: 0, oversold: 0, isRight: true });

    const { answers } = sale.load;
    const again = { ...sale, load: { ...sale.load, answers: [...answers, answers[0] as string] } };
    expect(await judgeSale(system, again)).toMatchObject({ oversold: 1, lost: 0, isRight: false });

    const { eventId } = sale.inventory;
    const [first, second] = await db.selectFrom('tickets').select('ticket_id').where('event_id', '=', eventId).limit(2).execute();
    const ofTicket = (row: typeof first) => row?.ticket_id as Buffer;
    await db.deleteFrom('tickets').where('ticket_id', '=', ofTicket(first)).execute();
    expect(await judgeSale(system, sale)).toMatchObject({ oversold: 0, lost: 1, isRight: false });
    await db.updateTable('tickets').set({ price: '1.00' }).where('ticket_id', '=', ofTicket(second)).execute();
    expect(await judgeSale(system, sale)).toMatchObject({ oversold: 0, lost: 2, isRight: false });
    await db.updateTable('sales_by_zone').set({ revenue: '1.00' }).where('event_id', '=', eventId).execute();
    expect(await judgeSale(system, sale)).toMatchObject({ revenue: { isExact: false }, isRight: false });
  });

  it('reports a failure if no buyer gets an answer', async () => {
    const { lines, show } = listen();
    const nobody = { ...system, purchaseUrl: `http://127.0.0.1:${await freePort()}` };
    const reportFile = join(folder, 'failed.html');
    expect(await flashSale({ system: nobody, show }, options, { reportFile, command: '' })).toBe(false);
    expect(lines.join('\n')).toMatch(/Failed requests +400 +400 ECONNREFUSED/);
    expect(lines.join('\n')).toContain('300 wanted seats were not sold');
  });

  it('is held once for each share of duplicate attempts in the table', async () => {
    const { lines, show } = listen();
    const { buyers: _buyers, ...hall } = options;
    const reportFile = join(folder, 'table.html');
    expect(await duplicatesTable({ system, show }, hall, { reportFile, command: '' })).toBe(true);
    const { rows } = JSON.parse(readFileSync(join(folder, 'table.json'), 'utf8')) as { rows: object[] };
    expect(rows).toMatchObject(
      [330, 390, 450, 510, 570, 630].map((buyers) => ({ buyers, verdict: { sold: 300, oversold: 0, lost: 0, isRight: true } })),
    );
    expect(lines.join('\n')).toMatch(/^ +110 % +630 +[\d,]+ +4,655–6,192 .*468–1,106 ms .* 300 +0 +0 /m);
    expect(readFileSync(reportFile, 'utf8')).toContain('<th scope="row">110 %</th>');
  });

  it('is refused with the names of the services and stores that are away, and the question whether npm start still runs', async () => {
    // On a busy machine, a health check may time out once.
    await vi.waitFor(() => assertHealthy(system), { timeout: 100_000, interval: 50 });
    const nowhere = `127.0.0.1:${await freePort()}`;
    const env = { DATABASE_READER_URL: `mysql://onsale:onsale@${nowhere}/onsale` };
    const query = await startTestService('query', await createMessaging(), { resources, env });
    const broken = { ...system, queryUrl: query.base, persistenceUrl: `http://${nowhere}` };
    const refusal = assertHealthy(broken);
    await expect(refusal).rejects.toThrow(/query is not healthy \(503\): database: /);
    await expect(refusal).rejects.toThrow(/persistence does not answer at http:.*\n.*Is "npm start" still running\?/);
  });

  it("has no link to the operator's page for a wrong token", async () => {
    const { OPS_TOKEN } = secretsOf(folder);
    expect(await opsLink(system, 'Event1', OPS_TOKEN)).toBe(`${system.opsUrl}?eventId=Event1#token=${OPS_TOKEN}`);
    expect(await opsLink(system, 'Event1', 'another-token-that-is-not-it')).toBeUndefined();
  });
});
