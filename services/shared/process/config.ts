import { type Static, type TObject, Type } from 'typebox';
import { Value } from 'typebox/value';
import { convertExactly } from '../basics/convert.ts';
import { listFaults } from '../basics/faults.ts';
import { patterned } from '../basics/patterned.ts';
import { pathTable, type ServiceName } from '../http/path-table.ts';

export type Environment = Record<string, string | undefined>;

/**
 * Reads the settings that a schema describes from the environment, converts them to its types and fills in its defaults. An empty
 * value counts as absent. Throws one error that names every invalid setting.
 */
export function loadConfig<Schema extends TObject>(schema: Schema, environment: Environment): Static<Schema> {
  const given = Object.keys(schema.properties)
    .filter((name) => environment[name])
    .map((name) => [name, environment[name]]);
  const config = Value.Default(schema, convertExactly(schema, Object.fromEntries(given)));
  if (Value.Check(schema, config)) return config;
  const faults = listFaults(Value.Errors(schema, config)).map(({ pointer, detail }) => `  ${pointer.slice(1)} ${detail}`);
  throw new Error(`The environment is not valid:\n${faults.join('\n')}`);
}

/** The port on which a service serves its metrics by default. */
export const defaultMetricsPort = (service: ServiceName) => pathTable[service].port + 1_000;

/** The settings that every service has. */
export const commonSettings = (service: ServiceName) => ({
  PORT: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: pathTable[service].port,
    description: 'Port that the service listens on',
  }),
  HOST: Type.String({ default: '0.0.0.0', description: 'Address that the service listens on' }),
  METRICS_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: defaultMetricsPort(service),
    description: 'Port that serves /metrics to Prometheus; 0 picks any free port',
  }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Lowest level of log lines to write',
  }),
});

/** The settings of a service that may use more than one core for HTTP. */
export const processSettings = {
  WEB_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 1,
    description: 'Processes that serve HTTP on one machine, sharing its port',
  }),
};

/** An origin as browsers send it: in lower case, without a path. */
const origin = 'https?://[a-z0-9.-]+(:[0-9]{1,5})?';

/** The settings of a service with a public API. */
export const publicSettings = {
  CORS_ORIGINS: patterned(
    `^(${origin}(,${origin})*)?$`,
    'must be a comma-separated list of origins in lower case and without a path, such as https://shop.example',
    {
      default: '',
      description: 'Comma-separated origins whose pages may call the API from a browser, such as https://shop.example',
    },
  ),
};

/**
 * The settings of a service that limits its clients. `atOnce` and `perSecond`: how many requests an address, or an account, may send to one
 * process.
 */
export const limitSettings = ({ perSecond, atOnce }: { perSecond: number; atOnce: number }) => ({
  CLIENT_LIMITS: Type.Boolean({
    default: true,
    description:
      'Whether what one client may do is limited; without it, only API keys are. `npm start` turns it off: everything on one ' +
      'machine has one address',
  }),
  TRUSTED_PROXIES: Type.Integer({
    minimum: 0,
    maximum: 10,
    default: 1,
    description:
      'Proxies in front of the service that append the address of their client to X-Forwarded-For: 1 for the load balancer, 2 with ' +
      'a CDN before it, 0 if clients connect directly',
  }),
  REQUESTS_PER_SECOND: Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: perSecond,
    description:
      'Requests a second that each process takes from a signed-in account, or from an address without credentials; 0 for no limit',
  }),
  REQUESTS_AT_ONCE: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: atOnce,
    description: 'Requests that it takes from one of them together, after a pause',
  }),
  API_KEY_PLANS: patterned(
    '^(standard|partner|vip)=[1-9][0-9]{0,5}/[1-9][0-9]{0,6}/[1-9][0-9]{0,9}(, *(standard|partner|vip)=[1-9][0-9]{0,5}/[1-9][0-9]{0,6}/[1-9][0-9]{0,9})*$',
    'must be a comma-separated list of plans: name=requests a second/requests at once/requests a day',
    {
      default: 'standard=20/60/200000, partner=200/600/5000000, vip=2000/6000/100000000',
      description: 'Plans of API keys, each as name=requests a second/requests at once/requests a day; all processes share them',
    },
  ),
});

export const redisUrl = (description: string) =>
  patterned('^rediss?://', 'must be a URL that begins with redis:// or, for TLS, rediss://', { description });

/** Only one Redis decides what is sold and counts what API keys send; replicas only show it. */
export const redisPrimaryUrl = redisUrl('Redis with the inventory and the outbox; rediss:// for TLS');

export const databaseUrl = (description: string) =>
  patterned('^mysql://', 'must be a URL: mysql://user:password@host:port/database', { description });

export const topicArn = (description: string) => patterned('^arn:', 'must be an ARN, which begins with arn:', { description });

/** The topic of tickets. */
export const ticketsTopicArn = topicArn('Topic that domain events are published to');

export const queueUrl = (description: string) =>
  patterned('^https?://', 'must be a URL that begins with https:// or http://', { description });

/** The settings of a service that uses Redis, apart from its URL. */
export const redisSettings = {
  REDIS_CLUSTER: Type.Boolean({
    default: false,
    description: 'Whether Redis is a cluster; if so, its URL names one node or, on AWS, the configuration endpoint',
  }),
  REDIS_PASSWORD: Type.String({ default: '', description: 'Password for Redis, if its URL has none' }),
};

/** The address of another service, without a path. */
export const serviceUrl = (description: string, options: { default?: string }) =>
  patterned('^(https?://[^/?#\\s]+)?$', 'must be a URL without a path: http://host:port', { ...options, description });

/** For the services that call it. */
export const purchaseUrl = serviceUrl('Address of the purchase service, which holds seats, and confirms and cancels orders', {});

/** The settings by which a service recognises other services and the operator. */
export const principalSettings = {
  PUBLIC_ORIGIN: patterned(`^${origin}$`, 'must be an origin in lower case and without a path, such as https://tickets.example', {
    description: 'Origin at which people reach the system; access tokens and links in mail name it',
  }),
  SERVICE_SECRET: patterned('^.{32,256}$', 'must have 32 to 256 characters', {
    description:
      'Secret that signs the tokens with which services call each other, at least 32 characters, the same for all services',
  }),
  OPS_TOKEN: patterned('^(.{24,256})?$', 'must have 24 to 256 characters', {
    default: '',
    description:
      "Operator's token, at least 24 characters: gives access to the page at /query/ops and to every order; if empty, there is no operator",
  }),
};

/** The settings of a service that verifies access tokens and API keys, which accounts issues. */
export const verifierSettings = {
  ...principalSettings,
  ACCOUNTS_URL: serviceUrl('Address of the accounts service; if empty, there are no accounts and no API keys', { default: '' }),
};

/** The settings of a service that also checks order tokens. */
export const identitySettings = {
  ...verifierSettings,
  ORDER_TOKEN_SECRET: patterned('^.{32,256}$', 'must have 32 to 256 characters', {
    description:
      "Secret that signs orders' tokens, at least 32 characters, the same for purchase, query and checkout; changing it invalidates all tokens",
  }),
};

/** The settings of a service that uses MySQL, apart from its URL. */
export const databaseSettings = {
  DATABASE_USERNAME: Type.String({ default: '', description: 'MySQL user, if the URL has none' }),
  DATABASE_PASSWORD: Type.String({ default: '', description: 'Password of that user, if the URL has none' }),
};

/** How many connections a process may open, for a service whose requests decide how many it needs. */
export const databaseConnections = {
  DATABASE_CONNECTIONS: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'Maximum connections that one process opens to MySQL',
  }),
};

/** The settings of a service that consumes the queue, or reads the queues' depths. */
export const queueSettings = {
  SQS_QUEUE_URL: queueUrl('Queue that the worker reads'),
  SQS_DEAD_LETTER_QUEUE_URL: queueUrl('Queue for messages that the worker cannot apply, with the reason'),
};
