import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdSale } from '../../../scripts/flash-sale/hold-sale.ts';
import { opsLink, type SystemUnderSale, systemAt } from '../../../scripts/flash-sale/system.ts';
import { freePorts } from '../../../scripts/local/free-ports.ts';
import { connectMessaging } from '../../../scripts/local/messaging.ts';
import type { Ports } from '../../../scripts/local/ports.ts';
import { secretsOf } from '../../../scripts/local/secrets.ts';
import { startSystem } from '../../../scripts/local/system.ts';
import { launchChromium } from '../../../scripts/testing/chromium.ts';
import { hallZone } from '../../../scripts/testing/halls.ts';
import { get, post } from '../../../scripts/testing/http.ts';
import { plantCheckout, plantRefund } from '../../../scripts/testing/planted-payments.ts';
import { testFolder } from '../../../scripts/testing/services.ts';
import { rowSeats, sell } from '../../../scripts/testing/sold-event.ts';
import { db, openTestEvent, planOf, redis, seatedZone, unique, urls } from '../../../scripts/testing/stores.ts';
import { recordVerification } from '../../catalogue/verify/report.ts';
import { verifyEvent } from '../../catalogue/verify/verify-event.ts';
import { inventoryKey } from '../../shared/inventory/keys.ts';
import { openEvent } from '../../shared/inventory/open-event.ts';
import { openInventory } from '../../shared/inventory/open-inventory.ts';

const resources = new AsyncDisposableStack();
afterAll(() => resources.disposeAsync());

const browser = await launchChromium(resources);

const options = { seats: 2_000, buyers: 2_600, best: false, seed: 1, connections: 100 };
const pageMs = 20_000;

describe.skipIf(!browser)("the operator's page, in Chromium", { timeout: 300_000 }, () => {
  let ports: Ports;
  let base: string;
  let token: string;
  let system: SystemUnderSale;
  beforeAll(async () => {
    ports = await freePorts();
    const folder = testFolder(resources);
    await startSystem({ folder, ports, urls, resources, say: () => {}, prepare: async () => {}, others: false });
    [base, token, system] = [`http://127.0.0.1:${ports['load-balancer']}`, secretsOf(folder).OPS_TOKEN, systemAt(ports, urls)];
  }, 300_000);

  /** Opens a new page. Returns it with the errors that it reports. */
  async function open(settings: { width: number; height: number; colorScheme: 'light' | 'dark' }) {
    const { width, height, colorScheme } = settings;
    const page = (await browser?.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' })) as Page;
    resources.defer(() => page.close());
    page.setDefaultTimeout(pageMs);
    const complaints: string[] = [];
    page.on('console', (message) => {
      // The sign-in form: 401; and it asks for accounts' providers, but no accounts run here.
      const isExpected = message.text().includes('401') || message.location().url.includes('/accounts/');
      if (message.type() === 'error' && !isExpected) complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => void complaints.push(message));
    return { page, complaints };
  }

  const text = async (page: Page, selector: string) =>
    (await page.locator(selector).textContent())?.replaceAll(/\s+/g, ' ').trim() ?? '';

  it('follows a flash sale from the terminal\'s link to the end, and its last figures equal those of "verify"', async () => {
    const { page, complaints } = await open({ width: 1_440, height: 900, colorScheme: 'light' });
    const seen = new Set<number>();
    const sale = await holdSale(system, options, {
      async onOpened(eventId) {
        const link = (await opsLink(system, eventId, token)) ?? expect.fail('There is no link to the page');
        // The first visit signs in; the second finds a session and shows the event too. The token never stays in the address.
        for (let visit = 1; visit <= 2; visit++) {
          await page.goto('about:blank');
          await page.goto(link);
          await page.waitForURL(({ href }) => href === `${system.opsUrl}?eventId=${eventId}`);
        }
      },
      onLive: ({ sold }) => void seen.add(sold),
    });
    expect(seen.size).toBeGreaterThan(1);
    const { eventId } = sale.inventory;
    // Requests refused in an overload, and seats that nobody asked for, are not sold.
    const sold = sale.load.accepted;
    expect(sold).toBeGreaterThan(1_000);
    await expect.poll(() => text(page, '#sold'), { timeout: pageMs }).toBe(sold.toLocaleString('en-US'));

    const messaging = connectMessaging(ports, resources);
    const startedAt = new Date();
    const verification = await verifyEvent({ db, redis, messaging }, eventId);
    await recordVerification(db, startedAt, verification);
    expect(verification).toMatchObject({ count: 0, tickets: sold, revenue: `${sold * 100}.00` });
    await expect.poll(() => text(page, '#health-list'), { timeout: pageMs }).toMatch(/nothing missing, nothing twice/i);
    expect(await text(page, '#sold')).toBe(verification.tickets.toLocaleString('en-US'));
    expect((await text(page, '#revenue')).replaceAll(/[^0-9.]/g, '')).toBe(verification.revenue);
    expect(await text(page, '#capacity')).toContain('2,000');
    expect(await page.title()).toMatch(/^(100|\d\d\.\d) % sold/);
    await expect.poll(() => text(page, '#health-list'), { timeout: pageMs }).toMatch(/All \d+ zones add up/);
    const zones = await Promise.all((await page.locator('#zones li').all()).map((zone) => zone.ariaSnapshot()));
    const soldIn = (zone: string) => Number(/([\d,]+)\s+sold/.exec(zone)?.[1]?.replaceAll(',', ''));
    expect(zones.reduce((sum, zone) => sum + soldIn(zone), 0)).toBe(sold);
    await page.locator('#table-details summary').click();
    await expect.poll(() => text(page, '#table-body'), { timeout: pageMs }).toMatch(/\d/);
    expect(complaints).toEqual([]);
  });

  it.each([
    { width: 1_440, height: 900, colorScheme: 'light' },
    { width: 390, height: 844, colorScheme: 'dark' },
  ] as const)('passes axe-core and does not scroll sideways: $width px, $colorScheme', async (settings) => {
    const { page, complaints } = await open(settings);
    const { violations: ofSignIn } = await check(page, `${base}/query/ops`);
    expect(ofSignIn).toEqual([]);
    await page.fill('#token', 'not the token');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('That token is wrong.').waitFor();
    await page.fill('#token', token);
    await page.keyboard.press('Enter');
    await expect.poll(() => text(page, '#connection-state'), { timeout: pageMs }).toBe('Live');
    await expect.poll(() => page.locator('#zones li').count(), { timeout: pageMs }).toBeGreaterThan(0);
    const { violations } = await check(page);
    expect(violations).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(settings.width);
    expect(complaints).toEqual([]);
  });

  it('can be used with the keyboard alone: Enter opens a zone, Escape closes it and returns the focus', async () => {
    const { page } = await open({ width: 1_440, height: 900, colorScheme: 'dark' });
    await page.goto(`${base}/query/ops#token=${token}`);
    await page.locator('#zones button').first().waitFor();
    await page.locator('#event-list').focus();
    const focused = () => page.evaluate('document.activeElement.closest("#zones") !== null');
    for (let tabs = 0; tabs < 30 && !(await focused()); tabs++) await page.keyboard.press('Tab');
    expect(await focused()).toBe(true);
    await page.keyboard.press('Enter');
    expect(await page.locator('#zone-dialog').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.locator('#zone-dialog').isVisible()).toBe(false);
    expect(await focused()).toBe(true);
  });

  it("draws a hall's rows and tables, with blocked seats in a colour of their own", async () => {
    const { page, complaints } = await open({ width: 1_440, height: 900, colorScheme: 'light' });
    const event = await openTestEvent();
    const zones = [hallZone(1, { '1': '1 2 _ 3', '2': '1 2' }, [{ row: '2', column: 1 }]), hallZone(2, { T1: '1 2 3' })];
    const drawings = new Map([[2, [{ x: 3, y: 3, isTable: true as const }]]]);
    await openEvent(db, redis, { ...planOf({ ...event, zones }), drawings });
    await page.goto(`${base}/query/ops?eventId=${event.eventId}#token=${token}`);
    await page.getByText('1 blocked').first().waitFor();
    const buttons = page.locator('#zones button');
    const colours = ['--free', '--sold', '--blocked'];
    /** How many pixels of the zone's canvas have each of these colours. */
    const pixelsOf = (selector: string) =>
      page.evaluate(
        `(() => {
          const canvas = document.querySelector(${JSON.stringify(selector)});
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          const style = getComputedStyle(document.documentElement);
          return ${JSON.stringify(colours)}.map((name) => {
            const [r, g, b] = style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/g).map((hex) => Number.parseInt(hex, 16));
            let count = 0;
            for (let at = 0; at < data.length; at += 4) {
              if (data[at] === r && data[at + 1] === g && data[at + 2] === b && data[at + 3] === 255) count++;
            }
            return count;
          });
        })()`,
      ) as Promise<number[]>;
    // Three free seats, one blocked, none sold; a gap is not drawn.
    const shares = async (selector: string) => {
      const [free = 0, sold = 0, blocked = 0] = await pixelsOf(selector);
      const all = free + sold + blocked;
      return [free, sold, blocked].map((count) => Math.round((5 * count) / all));
    };
    await expect.poll(() => shares('#zones li:nth-child(1) canvas'), { timeout: pageMs }).toEqual([4, 0, 1]);
    await buttons.nth(0).click();
    await expect.poll(() => text(page, '#zone-figures')).toContain('Blocked1');
    expect(await text(page, '#zone-figures')).toContain('Seats2 rows');
    expect(await shares('#zone-canvas')).toEqual([4, 0, 1]);
    await page.keyboard.press('Escape');
    const seat = { zoneId: 2, row: 'T1', column: '2' };
    expect((await post(`${base}/purchase/api/v1/orders`, { eventId: event.eventId, seats: [seat] })).status).toBe(201);
    await expect
      .poll(async () => (await pixelsOf('#zones li:nth-child(2) canvas')).map((count) => count > 0), { timeout: pageMs })
      .toEqual([true, true, false]);
    expect(complaints).toEqual([]);
  });

  const stateOf = (page: Page) => expect.poll(() => text(page, '#connection-state'), { timeout: pageMs });

  it('immediately says that an event does not exist, and shows it once it is opened', async () => {
    const { page } = await open({ width: 1_440, height: 900, colorScheme: 'light' });
    const eventId = unique('later');
    await page.goto(`${base}/query/ops?eventId=${eventId}#token=${token}`);
    await page.getByText(`There is no event ${eventId}.`).first().waitFor();
    await stateOf(page).toBe('No such event');
    const { eventId: _other, ...inventory } = await openTestEvent();
    await openEvent(db, redis, planOf({ ...inventory, eventId }));
    await stateOf(page).toBe('Live');
    await expect.poll(() => page.locator('#notice').isVisible()).toBe(false);
    expect(await text(page, '#capacity')).toBe('of 100');
  });

  it('says that an event has no inventory and what to do, and recovers once it has one again', async () => {
    const { page } = await open({ width: 390, height: 844, colorScheme: 'dark' });
    const event = await openTestEvent();
    await redis.del(inventoryKey(event.eventId));
    await page.goto(`${base}/query/ops?eventId=${event.eventId}#token=${token}`);
    await page.getByText(`Redis has no inventory for ${event.eventId}, so nothing can be sold.`).first().waitFor();
    await stateOf(page).toBe('Live');
    await expect.poll(() => text(page, '#health-list')).toContain('No inventory');
    const { violations } = await check(page);
    expect(violations).toEqual([]);
    await openInventory(redis, event);
    await expect.poll(() => page.locator('#notice').isVisible(), { timeout: pageMs }).toBe(false);
    await expect.poll(() => text(page, '#capacity'), { timeout: pageMs }).toBe('of 100');
  });

  it.each([1_280, 320])(
    'shows what was paid, refunded, is on the way and hangs, only once somebody pays: %i px',
    async (width) => {
      const { page, complaints } = await open({ width, height: 800, colorScheme: width === 320 ? 'dark' : 'light' });
      const event = await openTestEvent({ zones: [seatedZone(1, 10, 10, 123_456_700)] });
      await page.goto(`${base}/query/ops?eventId=${event.eventId}#token=${token}`);
      await stateOf(page).toBe('Live');
      const health = () => expect.poll(() => text(page, '#health-list'), { timeout: pageMs });
      await health().toContain('Up to date');
      expect(await page.locator('#payments').isVisible()).toBe(false);

      const order = await sell(event, rowSeats('A', 1, 2));
      const paid = await plantCheckout(event, order);
      await plantRefund(paid, { amount: '1234567.89', ticket_ids: '[]' });
      await plantRefund(paid, { amount: '20.00', ticket_ids: '[]', state: 'pending' });
      const authorised = { state: 'authorized', captured: '0', amount: '100.00' } as const;
      await plantCheckout(event, undefined, { state: 'capturing', failures: 9, attempts: [authorised] });
      await expect
        .poll(() => text(page, '#payments'), { timeout: pageMs })
        .toMatch(
          /Captured ?\$2,469,134\.00 ?1 order paid ?Authorised ?\$100\.00.*Refunded ?\$1,234,567\.89 ?\$20\.00 on the way.*progress ?1 ?\$100\.00 pending/,
        );
      await health().toMatch(/Payments ?▲1 stuck.*npm run onsale -- verify/);
      expect((await check(page)).violations).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const isCut = (selector: string) =>
        page.locator(selector).evaluateAll((nodes) => nodes.some(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth));
      expect(await isCut('.amount')).toBe(false);
      expect(complaints).toEqual([]);
    },
  );

  it.each(['constructor', 'toString'])('shows an event called %s like any other: opened, sold, verified', async (eventId) => {
    const { page, complaints } = await open({ width: 1_440, height: 900, colorScheme: 'light' });
    const { eventId: _other, ...inventory } = await openTestEvent({ ticketsPerBuyer: 2 });
    expect(await openEvent(db, redis, planOf({ ...inventory, eventId }))).toEqual({ kind: 'opened' });
    await page.goto(`${base}/query/ops?eventId=${eventId}#token=${token}`);
    await stateOf(page).toBe('Live');
    // Another event's sales in the same seconds, and this event's.
    const { eventId: busy } = await openTestEvent();
    const buy = (of: string, column: number, buyerId?: string) =>
      post(`${base}/purchase/api/v1/orders`, { eventId: of, seats: [{ zoneId: 1, row: 'A', column }], buyerId });
    expect((await buy(busy, 1)).status).toBe(201);
    expect((await buy(eventId, 1, eventId)).status).toBe(201);
    expect((await buy(eventId, 1, eventId)).body).toMatchObject({ code: 'SEAT_TAKEN' });
    await expect.poll(() => text(page, '#sold'), { timeout: pageMs }).toBe('1');
    await expect.poll(() => text(page, '#revenue'), { timeout: pageMs }).toContain('100.00');
    await expect.poll(() => text(page, '#ticket-rate-detail'), { timeout: pageMs }).toBe('Peak 1');
    await expect.poll(() => text(page, '#refused-rate-detail'), { timeout: pageMs }).toBe('Peak 1');
    await expect.poll(() => text(page, '#health-list'), { timeout: pageMs }).toContain('The zone adds up');

    const messaging = connectMessaging(ports, resources);
    const startedAt = new Date();
    const verification = await verifyEvent({ db, redis, messaging }, eventId);
    expect(verification).toMatchObject({ count: 0, tickets: 1, revenue: '100.00' });
    await recordVerification(db, startedAt, verification);
    await expect.poll(() => text(page, '#health-list'), { timeout: pageMs }).toMatch(/nothing missing, nothing twice/i);
    const { body } = await get(`${base}/query/api/v1/events/${eventId}/availability`);
    expect(body).toMatchObject({ eventId, sold: 1, available: 99 });
    expect(complaints).toEqual([]);
  });

  /** Runs axe-core. Returns each broken rule with the elements that break it. */
  async function check(page: Page, url?: string): Promise<{ violations: { id: string; nodes: string[] }[] }> {
    if (url) await page.goto(url);
    // The page's policy would block a script tag with axe-core, but does not apply to evaluate.
    const found = (await page.evaluate(`${axe.source}; axe.run()`)) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    return { violations: found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })) };
  }
});
