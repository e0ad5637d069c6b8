import { type Browser, chromium } from 'playwright-core';
import { installPackages } from '../local/debian.ts';
import { findBinary } from '../local/find-binary.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser must show our page and contact nobody else. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a headless Chromium: from the PATH, or from Debian's package if we may install it. Returns undefined if there is none. */
export async function launchChromium(resources: AsyncDisposableStack): Promise<Browser | undefined> {
  let executablePath = await findBinary(...names);
  if (executablePath === undefined && (await installPackages(['chromium'], console.log)))
    executablePath = await findBinary(...names);
  if (executablePath === undefined) return undefined;
  const browser = await chromium.launch({ executablePath, args });
  resources.defer(() => browser.close());
  return browser;
}
