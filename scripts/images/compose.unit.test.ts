import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { accountsConfig } from '../../services/accounts/config.ts';
import { catalogueConfig } from '../../services/catalogue/config.ts';
import { checkoutConfig } from '../../services/checkout/config.ts';
import { persistenceConfig } from '../../services/persistence/config.ts';
import { purchaseConfig } from '../../services/purchase/config.ts';
import { queryConfig } from '../../services/query/config.ts';
import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { type Environment, loadConfig } from '../../services/shared/process/config.ts';
import { counterpartEnvironment, paymentsSettings } from '../local/counterpart-settings.ts';
import { emulatorEnvironment } from '../local/emulator.ts';
import { whoseSystem } from '../local/named-system.ts';
import { defaultPorts } from '../local/ports.ts';
import { serviceEnvironment } from '../local/system.ts';
import { describeImage, root } from './image.ts';

type Container = {
  build?: { target?: string; args?: Record<string, string> };
  command?: string[];
  depends_on?: Record<string, { condition: string }>;
  environment?: Environment;
  healthcheck?: object;
  ports?: string[];
  user?: string;
  volumes?: string[];
};

/** The file with the defaults of all environment variables. */
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8').replace(/\$\{\w+:-(.*?)\}/g, '$1');

const { services: containers, volumes } = parse(text, { merge: true, maxAliasCount: 1_000 }) as {
  services: Record<string, Container>;
  volumes: Record<string, unknown>;
};
const named = (name: string) => containers[name] ?? expect.fail(`There is no container ${name}`);
const all = Object.entries(containers);
const built = all.flatMap(([name, { build, ...container }]) => {
  if (!build) return [];
  return [{ name, image: describeImage(build.target ?? 'service', build.args), command: container.command }];
});
const configs = {
  purchase: purchaseConfig,
  query: queryConfig,
  persistence: persistenceConfig,
  accounts: accountsConfig,
  catalogue: catalogueConfig,
  checkout: checkoutConfig,
};
const services = Object.keys(pathTable) as ServiceName[];

const endpoint = `http://emulator:${defaultPorts.emulator}`;
const mailUrl = `http://mailbox:${defaultPorts.mailbox}`;
const paymentsUrl = `http://payments:${defaultPorts.payments}`;
const stores = {
  redisUrl: 'redis://redis:6379',
  redisReaderUrl: 'redis://redis:6379',
  isRedisCluster: false,
  databaseUrl: 'mysql://onsale:onsale@mysql:3306/onsale',
  databaseReaderUrl: 'mysql://onsale:onsale@mysql:3306/onsale',
};

const addresses = {
  publicOrigin: `http://localhost:${defaultPorts['load-balancer']}`,
  accountsUrl: `http://accounts:${defaultPorts.accounts}`,
  purchaseUrl: `http://purchase:${defaultPorts.purchase}`,
  checkoutUrl: `http://checkout:${defaultPorts.checkout}`,
};

describe.each(services)('the %s container', (service) => {
  const { environment = {}, build, ports = [] } = named(service);

  it('has valid settings for the service, with the port that the load balancer expects', () => {
    expect(build?.args).toEqual({ SERVICE: service });
    expect(loadConfig(configs[service], environment)).toMatchObject({ PORT: pathTable[service].port, HOST: '0.0.0.0' });
  });

  it('has the same settings as under "npm start", except for the addresses of stores and emulator', () => {
    const secret = expect.stringMatching(/^.{32,}$/);
    const secrets = { ORDER_TOKEN_SECRET: secret, SERVICE_SECRET: secret, ACCOUNTS_KEY_SECRET: secret };
    const own = { OPS_TOKEN: null, CORS_ORIGINS: null, OIDC_PROVIDERS: null, CLIENT_LIMITS: false, ...secrets };
    const shared = serviceEnvironment(stores, endpoint, addresses);
    expect(environment).toEqual({
      ...shared,
      ...emulatorEnvironment(endpoint),
      ...counterpartEnvironment({ mailUrl, paymentsUrl }),
      ...own,
    });
  });

  it('publishes its API and its metrics', () => {
    expect(ports).toHaveLength(2);
  });
});

describe('docker-compose.yml', () => {
  it.each(['migrate', 'open-event1', 'open-small-hall', 'open-opera', 'open-song-recital'])(
    'gives %s the addresses of every part of the system, so that it does not fall back to another system',
    (name) => {
      expect(whoseSystem(['db', 'redis', 'messaging'], defaultPorts, named(name).environment ?? {})).toBe('named');
    },
  );

  // A container and a browser would have to reach the OpenID provider at the same address.
  it('publishes the ports that "npm start" uses, except that of the OpenID provider, to this machine only', () => {
    const { 'oidc-provider': _, ...expected } = defaultPorts;
    const published = all.flatMap(([, { ports = [] }]) => ports);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    expect(published.map((port) => Number(port.split(':')[1])).toSorted()).toEqual(Object.values(expected).toSorted());
  });

  it.each([endpoint, mailUrl, paymentsUrl])('gives the stand-in at %s the host name by which the services call it', (url) => {
    const { port, hostname } = new URL(url);
    expect(named(hostname).environment).toMatchObject({ HOST: '0.0.0.0', PORT: port, SERVER_NAME: hostname });
  });

  it('gives the payment provider the addresses of checkout and of its own pages', () => {
    const { checkoutUrl } = addresses;
    const pageUrl = `http://localhost:${defaultPorts.payments}`;
    expect(named('payments').environment).toMatchObject(paymentsSettings({ checkoutUrl, pageUrl }));
  });

  it('starts nginx without a shell or a script, with its configuration from another stage and its files in memory', () => {
    const { command, user, files } = describeImage('load-balancer');
    expect([command, user]).toEqual([['nginx', '-p', '/tmp/', '-e', 'stderr'], '101:101']);
    expect(files.get('/etc/nginx/start-page.html')).toBe('scripts/local/start-page.html');
    expect(named('load-balancer')).toMatchObject({ build: { target: 'load-balancer' }, tmpfs: ['/tmp'] });
    expect(named('load-balancer').command).toBeUndefined();
  });

  it.each(all)('lets %s write only to its volumes, as a user other than root and without capabilities', (name, container) => {
    expect(container).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    const user = container.user ?? built.find((each) => each.name === name)?.image.user ?? 'root';
    expect(user).not.toMatch(/^(root|0)(:|$)/);
    for (const volume of container.volumes ?? []) expect(volumes).toHaveProperty(volume.split(':')[0] ?? '');
  });

  it('waits for the health of containers with a health check, and for the completion of the others', () => {
    for (const [, { depends_on = {} }] of all) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const isAsked = named(name).healthcheck !== undefined || name in pathTable;
        expect([name, condition]).toEqual([name, isAsked ? 'service_healthy' : 'service_completed_successfully']);
      }
    }
  });

  it.each(built.filter(({ command }) => command))(
    'runs a program in $name that its image contains',
    ({ image, command = [] }) => {
      const files = command.filter((word) => word.startsWith('scripts/'));
      expect(files).not.toEqual([]);
      for (const file of files) expect([...image.files.keys()]).toContain(join(image.workdir, file));
    },
  );
});
