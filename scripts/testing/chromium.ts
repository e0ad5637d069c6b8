import { type Browser, chromium } from 'playwright-core';
import { findBinary } from '../local/binaries.ts';
import { installPackages } from '../local/debian.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** It is to look at our page, and to call nobody. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A Chromium without a window: the PATH's, or Debian's package where we may install it; undefined where there is none. */
export async function launchChromium(resources: AsyncDisposableStack): Promise<Browser | undefined> {
  let executablePath = await findBinary(...names);
  if (executablePath === undefined && (await installPackages(['chromium'], console.log)))
    executablePath = await findBinary(...names);
  if (executablePath === undefined) return undefined;
  const browser = await chromium.launch({ executablePath, args });
  resources.defer(() => browser.close());
  return browser;
}
