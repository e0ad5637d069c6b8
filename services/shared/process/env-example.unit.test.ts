import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { counterpartEnvironment, counterpartsAt } from '../../../scripts/local/counterpart-settings.ts';
import { emulatorEnvironment } from '../../../scripts/local/emulator.ts';
import { addressesAt, defaultPorts } from '../../../scripts/local/ports.ts';
import { localStoreUrls } from '../../../scripts/local/store-urls.ts';
import { serviceEnvironment } from '../../../scripts/local/system.ts';
import { accountsConfig } from '../../accounts/config.ts';
import { catalogueConfig } from '../../catalogue/config.ts';
import { checkoutConfig } from '../../checkout/config.ts';
import { persistenceConfig } from '../../persistence/config.ts';
import { purchaseConfig } from '../../purchase/config.ts';
import { queryConfig } from '../../query/config.ts';
import type { ServiceName } from '../http/path-table.ts';
import { isWanted } from '../telemetry/tracing.ts';
import { loadConfig } from './config.ts';

type Setting = { name: string; value: string; commentedOut: boolean; description: string };

/** The settings of a file: each `NAME=value`, commented out or not, with the comment directly above it. */
function settingsOf(text: string): Setting[] {
  const settings: Setting[] = [];
  let comment: string[] = [];
  for (const line of text.split('\n')) {
    const [, hash, name, value = ''] = /^(# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) settings.push({ name, value, commentedOut: hash !== undefined, description: comment.join(' ') });
    comment = name === undefined && line.startsWith('# ') ? [...comment, line.slice(2)] : [];
  }
  return settings;
}

const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
const listed = settingsOf(text);
const services = {
  purchase: purchaseConfig,
  persistence: persistenceConfig,
  query: queryConfig,
  accounts: accountsConfig,
  catalogue: catalogueConfig,
  checkout: checkoutConfig,
};
const ofServices = Object.values(services).flatMap(({ properties }) => Object.entries<object>(properties));
/** Settings that each installation has to choose for itself. */
const secrets = {
  ORDER_TOKEN_SECRET: 'x'.repeat(32),
  SERVICE_SECRET: 'x'.repeat(32),
  ACCOUNTS_KEY_SECRET: 'x'.repeat(32),
};
const isOfAws = (name: string) => name.startsWith('AWS_');
/** Settings that libraries read by themselves. */
const isOfLibrary = (name: string) => isOfAws(name) || name.startsWith('OTEL_');
const namesOf = (settings: Setting[]) => settings.map(({ name }) => name).toSorted();

describe('.env.example', () => {
  it('lists every setting of every service exactly once, and no others', () => {
    expect(namesOf(listed.filter(({ name }) => !isOfLibrary(name)))).toEqual(
      [...new Set(ofServices.map(([name]) => name))].toSorted(),
    );
    expect(new Set(namesOf(listed)).size).toBe(listed.length);
  });

  it.each(ofServices)('describes %s in the same words as the code', (name, schema) => {
    expect(listed.find((setting) => setting.name === name)).toMatchObject(
      'description' in schema ? { description: schema.description } : expect.fail(`${name} has no description`),
    );
  });

  it('comments out each setting that has a default, and shows the default', () => {
    for (const { name, value, commentedOut } of listed.filter((setting) => !isOfLibrary(setting.name))) {
      const defaults = ofServices.flatMap(([other, schema]) => (other === name && 'default' in schema ? [schema.default] : []));
      // A secret in this file would be the same for everybody.
      expect({ name, commentedOut }).toEqual({ name, commentedOut: defaults.length > 0 || name in secrets });
      if (commentedOut) expect(name in secrets ? [''] : defaults.map(String)).toContain(value);
    }
  });

  it('describes the settings that turn traces on, but leaves traces off', () => {
    const ofOpenTelemetry = listed.filter(({ name }) => name.startsWith('OTEL_'));
    for (const { commentedOut, description } of ofOpenTelemetry)
      expect([commentedOut, description]).toEqual([true, expect.stringMatching(/./)]);
    expect(isWanted(asItIs)).toBe(false);
    expect(isWanted(allOfIt)).toBe(true);
  });

  const asItIs = parseEnv(text);
  const allOfIt = Object.fromEntries(listed.map(({ name, value }) => [name, value]));

  it.each(Object.entries(services))('starts the %s service, with and without the commented-out settings', (_service, schema) => {
    expect(() => loadConfig(schema, { ...asItIs, ...secrets })).not.toThrow();
    expect(() => loadConfig(schema, { ...allOfIt, ...secrets })).not.toThrow();
  });

  it('names the stores and queues that "npm start" starts, so that copying it changes nothing', () => {
    const endpoint = `http://127.0.0.1:${defaultPorts.emulator}`;
    const addressOf = (service: ServiceName) => `http://127.0.0.1:${defaultPorts[service]}`;
    // Optional, so commented out; "npm start" sets them.
    const { ACCOUNTS_URL, CHECKOUT_URL, ...needed } = serviceEnvironment(
      localStoreUrls(defaultPorts),
      endpoint,
      addressesAt(defaultPorts),
    );
    expect([ACCOUNTS_URL, CHECKOUT_URL]).toEqual([addressOf('accounts'), addressOf('checkout')]);
    expect(asItIs).toEqual(needed);
    expect({ ...emulatorEnvironment(endpoint), ...counterpartEnvironment(counterpartsAt(defaultPorts)) }).toMatchObject(
      Object.fromEntries(Object.entries(allOfIt).filter(([name]) => isOfAws(name))),
    );
  });
});
