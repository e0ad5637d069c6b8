import './local/env-file.ts';
import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Browser } from 'playwright-core';
import { createShow } from './flash-sale/show.ts';
import { assertHealthy, explainFailure, isRunning, opsLink, systemAt } from './flash-sale/system.ts';
import { localFolder } from './local/local-folder.ts';
import { defaultPorts } from './local/ports.ts';
import { secretsOf } from './local/secrets.ts';
import { stopWith } from './local/stop.ts';
import { storeUrls } from './local/store-urls.ts';
import { newCommand } from './terminal/command.ts';

const folder = join(import.meta.dirname, '../services/query/ops/screenshots');
const options = { seats: 50_000, buyers: 65_000, connections: 500, seed: 1, best: false };
/** When this share is sold, the charts have data and there are still free seats. */
const shareSold = 0.6;

const pictures = [
  { name: 'wide-light', width: 1_920, height: 1_080, colorScheme: 'light', deviceScaleFactor: 1 },
  { name: 'wide-dark', width: 1_920, height: 1_080, colorScheme: 'dark', deviceScaleFactor: 1 },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark', deviceScaleFactor: 2 },
] as const;

newCommand(
  'screenshots',
  "Takes the README's screenshots of the operator's page in the middle of a flash sale. Needs Chromium. Uses the system that " +
    '"npm start" runs, or starts one and stops it afterwards.',
).parse();
const show = createShow(process.stdout, () => isStopping());
const resources = new AsyncDisposableStack();
const { stop, isStopping } = stopWith(resources, { exitCode: 130, onSignal: () => show.say('Interrupted; stopping.') });

const system = systemAt(defaultPorts, storeUrls(defaultPorts));
let isUp = false;
try {
  // Loaded only now, so that --help is answered immediately.
  const { startDefaultSystem } = await import('./local/default-system.ts');
  if (!(await isRunning(system))) await startDefaultSystem({ resources, say: show.status });
  await assertHealthy(system);
  isUp = true;
  const { launchChromium } = await import('./testing/chromium.ts');
  const browser = await launchChromium(resources);
  if (!browser) throw new Error('Chromium was not found. Install it, for example with: apt-get install chromium');
  const { rehearse } = await import('./flash-sale/rehearse.ts');
  await rehearse({ system, show }, options);

  let pages: Awaited<ReturnType<typeof openPages>> = [];
  let taking: Promise<unknown> | undefined;
  mkdirSync(folder, { recursive: true });
  const { holdSale } = await import('./flash-sale/hold-sale.ts');
  await holdSale(system, options, {
    async onOpened(eventId) {
      const link = await opsLink(system, eventId, secretsOf(localFolder).OPS_TOKEN);
      if (!link) throw new Error(`The operator's page refused this installation's token: ${system.opsUrl}`);
      pages = await openPages(browser, link);
    },
    onLive(live) {
      show.live(live, options);
      if (live.sold < shareSold * options.seats) return;
      taking ??= Promise.all(pages.map(({ name, page }) => page.screenshot({ path: join(folder, `${name}.png`) })));
    },
  });
  await taking;
  show.say(`${pictures.length} screenshots are in ${relative('.', folder)}`);
  await stop(0);
} catch (error) {
  if (!isStopping()) {
    show.say(isUp ? await explainFailure(error as Error, system) : (error as Error).message);
    await stop(1);
  }
}

/** Signs in, and opens the event in one page per screenshot. */
async function openPages(browser: Browser, url: string) {
  return await Promise.all(
    pictures.map(async ({ name, width, height, colorScheme, deviceScaleFactor }) => {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor });
      await page.goto(url);
      await page.locator('#zones button').first().waitFor();
      return { name, page };
    }),
  );
}
