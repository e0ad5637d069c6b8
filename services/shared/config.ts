import { type Static, type TObject, Type } from 'typebox';
import { Value } from 'typebox/value';
import { convertExactly } from './convert.ts';
import { listFaults } from './faults.ts';
import { pathTable, type ServiceName } from './path-table.ts';
import { patterned } from './patterned.ts';

export type Environment = Record<string, string | undefined>;

/**
 * The part of the environment that a schema describes, converted to its types and with its defaults; an empty value
 * counts as absent. Throws one error that names every setting at fault.
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

/** Where a service tells its metrics, unless it is told another port. */
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
    description: 'Port that Prometheus finds /metrics on; 0 is any that is free',
  }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe log line to write',
  }),
});

/** The settings of a service whose HTTP may take more than one core. */
export const processSettings = {
  WEB_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 1,
    description: 'Processes that serve HTTP on one machine, sharing its port',
  }),
};

/** As browsers send it: in lower case, without a path. */
const origin = 'https?://[a-z0-9.-]+(:[0-9]{1,5})?';

/** The settings of a service whose API is for everybody. */
export const publicSettings = {
  CORS_ORIGINS: patterned(
    `^(${origin}(,${origin})*)?$`,
    'must be origins in lower case and without a path, such as https://shop.example, separated by commas',
    {
      default: '',
      description: 'Origins whose pages may call the API from a browser, separated by commas, as in https://shop.example',
    },
  ),
};

export const redisUrl = (description: string) =>
  patterned('^rediss?://', 'must be a URL that begins with redis:// or, for TLS, rediss://', { description });

export const databaseUrl = (description: string) =>
  patterned('^mysql://', 'must be a URL: mysql://user:password@host:port/database', { description });

export const topicArn = patterned('^arn:', 'must be an ARN, which begins with arn:', {
  description: 'Topic that domain events are published to',
});

const queueUrl = (description: string) =>
  patterned('^https?://', 'must be a URL that begins with https:// or http://', { description });

/** The settings of a service that uses Redis, beside its URL. */
export const redisSettings = {
  REDIS_CLUSTER: Type.Boolean({
    default: false,
    description: 'Whether Redis is a cluster: its URL is that of a node or, on AWS, of the configuration endpoint',
  }),
  REDIS_PASSWORD: Type.String({ default: '', description: 'Password for Redis, where its URL has none' }),
};

/** The settings of a service that knows buyers' orders and the operator. */
export const identitySettings = {
  ORDER_TOKEN_SECRET: patterned('^.{32,256}$', 'must have 32 to 256 characters', {
    description:
      "Secret that orders' tokens are made with, at least 32 characters, the same for purchase and query; another one voids all tokens",
  }),
  OPS_TOKEN: patterned('^(.{24,256})?$', 'must have 24 to 256 characters', {
    default: '',
    description:
      "Operator's token, at least 24 characters: opens the page at /query/ops, and every order; without it nobody is operator",
  }),
};

/** The settings of a service that uses MySQL, beside its URL. */
export const databaseSettings = {
  DATABASE_USERNAME: Type.String({ default: '', description: 'User of MySQL, where its URL has none' }),
  DATABASE_PASSWORD: Type.String({ default: '', description: 'Password of that user, where the URL has none' }),
};

/** The settings of a service that works on the queues, or looks at how much waits in them. */
export const queueSettings = {
  SQS_QUEUE_URL: queueUrl('Queue that the worker reads'),
  SQS_DEAD_LETTER_QUEUE_URL: queueUrl('Queue for what the worker cannot apply, with the reason'),
};
