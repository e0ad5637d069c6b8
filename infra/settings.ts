import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { listFaults } from '../services/shared/basics/faults.ts';
import { patterned } from '../services/shared/basics/patterned.ts';

const atLeast = (minimum: number, maximum: number, description: string) => Type.Integer({ minimum, maximum, description });
const strict = { additionalProperties: false };
/** Somebody else's secret, which is not made here. */
const secretArn = (description: string) =>
  Type.Optional(
    patterned(
      '^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.',
      'must be the ARN of a secret: arn:aws:secretsmanager:…',
      { description },
    ),
  );

/** Fargate's CPU units per core. */
export const unitsOfCore = 1_024;

/** Tasks of a service; sizes are Fargate's (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html). */
const ServiceSettings = Type.Object(
  {
    cpu: Type.Enum([256, 512, 1024, 2048, 4096], { description: 'CPU units; 1024 are one core' }),
    memoryMiB: atLeast(512, 30_720, 'Memory of each task'),
    minTasks: atLeast(1, 100, 'Minimum number of tasks'),
    maxTasks: atLeast(1, 100, 'Maximum number of tasks'),
    cpuPercent: atLeast(10, 90, 'CPU utilisation above which tasks are added'),
  },
  strict,
);

const EnvironmentSettings = Type.Object(
  {
    region: patterned('^[a-z]{2}(-[a-z]+)+-[0-9]$', 'must be a region, such as eu-central-1', { description: 'AWS region' }),
    availabilityZones: atLeast(2, 3, 'Availability zones that subnets, tasks and stores are spread over'),
    natGateways: Type.Enum(['one', 'one in each zone'], {
      description: 'One costs less, but if its zone fails, all zones lose outbound access',
    }),
    encryptsInVpc: Type.Boolean({
      description: 'Whether hardware encrypts the traffic without TLS, from the load balancer to tasks',
    }),
    architecture: Type.Enum(['ARM64', 'X86_64'], { description: 'Processor of the tasks, and so the platform of the images' }),
    certificateArn: Type.Optional(
      patterned('^arn:aws[a-z-]*:acm:', 'must be the ARN of a certificate: arn:aws:acm:…', {
        description: 'Certificate for HTTPS; without one, only HTTP is served',
      }),
    ),
    redis: Type.Object(
      {
        kind: Type.Enum(['single', 'replicas', 'cluster', 'memorydb'], {
          description: 'Decides what a failover can lose: see README.md',
        }),
        nodeType: patterned(
          '^(cache|db)\\.[a-z0-9]+\\.[a-z0-9]+$',
          'must be a node type, such as cache.r7g.large or db.r7g.large',
          {
            description: 'ElastiCache or MemoryDB type',
          },
        ),
        shards: atLeast(1, 50, 'Masters that events are spread over'),
        replicasPerShard: atLeast(0, 5, 'Replicas of each master'),
        replicasToWaitFor: atLeast(0, 5, 'REDIS_REPLICAS_TO_WAIT_FOR for purchase'),
      },
      strict,
    ),
    database: Type.Object(
      {
        instanceClass: patterned('^db\\.[a-z0-9]+\\.[a-z0-9]+$', 'must be an instance class, such as db.r7g.large', {
          description: 'Class of the writer and its readers',
        }),
        readers: atLeast(1, 15, 'Readers; the first takes over if the writer fails'),
        connectionsAlarm: atLeast(10, 16_000, 'Connections to one instance above which the alarm fires'),
        backupDays: atLeast(1, 35, 'Days that backups are kept'),
      },
      strict,
    ),
    services: Type.Object(
      {
        purchase: ServiceSettings,
        query: ServiceSettings,
        persistence: ServiceSettings,
        accounts: ServiceSettings,
        catalogue: ServiceSettings,
        checkout: ServiceSettings,
      },
      strict,
    ),
    publicOrigin: Type.Optional(
      patterned(
        '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$',
        'must be an origin in lower case and without a path, such as https://tickets.example',
        { description: "Origin at which people reach the system; without one, the load balancer's own name" },
      ),
    ),
    mail: Type.Optional(
      Type.Object(
        {
          from: patterned('^[^@<>\\s]+@[^@<>\\s]+$', 'must be an e-mail address', {
            description: 'Address that mail to people is sent from',
          }),
          identityArn: patterned('^arn:aws[a-z-]*:ses:', 'must be the ARN of an SES identity: arn:aws:ses:…', {
            description: 'Verified SES identity, a domain or an address, that the address belongs to',
          }),
        },
        { ...strict, description: 'Mail to people; without it, none can be sent' },
      ),
    ),
    oidcProvidersArn: secretArn('Secret with OIDC_PROVIDERS for accounts; without one, nobody signs in with a provider'),
    stripeArn: secretArn(
      'Secret in JSON with STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET and STRIPE_PUBLISHABLE_KEY for checkout; without one, nobody pays with Stripe',
    ),
    paypalArn: secretArn(
      'Secret in JSON with PAYPAL_CLIENT_ID, PAYPAL_CLIENT_SECRET and PAYPAL_WEBHOOK_ID for checkout; without one, nobody pays with PayPal',
    ),
    requestsPerAddress: atLeast(100, 2_000_000, 'Requests from one address in five minutes; more are blocked'),
    corsOrigins: Type.Array(
      patterned(
        '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$',
        'must be an origin in lower case and without a path, such as https://shop.example',
      ),
      {
        maxItems: 50,
        description: 'Origins whose pages may call the API from a browser',
      },
    ),
    logDays: Type.Enum([1, 3, 5, 7, 14, 30, 60, 90, 180, 365], { description: 'Days that logs are kept' }),
    alarmEmails: Type.Array(patterned('^[^@\\s]+@[^@\\s]+$', 'must be an e-mail address'), {
      maxItems: 10,
      description: 'Addresses that receive alarms',
    }),
    isProtected: Type.Boolean({ description: 'Whether stores are protected from deletion, and leave a snapshot behind' }),
    state: Type.Optional(
      Type.Object(
        { bucket: Type.String({ minLength: 3, maxLength: 63 }), region: Type.String() },
        {
          ...strict,
          description: "S3 bucket for Terraform's state, versioned and encrypted; without it, the state is a local file",
        },
      ),
    ),
  },
  strict,
);

export type EnvironmentSettings = Static<typeof EnvironmentSettings>;

/** The environments to synthesise: each has a file in environments/. */
export const environments = ['dev', 'prod'] as const;
export type Environment = (typeof environments)[number];

/** Reads the settings of an environment; throws like parseSettings. */
export const readSettings = (environment: Environment): EnvironmentSettings =>
  parseSettings(JSON.parse(readFileSync(new URL(`environments/${environment}.json`, import.meta.url), 'utf8')));

/** Checks settings. Throws one error that names every invalid setting. */
export function parseSettings(settings: unknown): EnvironmentSettings {
  const faults = Value.Check(EnvironmentSettings, settings)
    ? faultsBetween(settings)
    : listFaults(Value.Errors(EnvironmentSettings, settings)).map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`);
  if (faults.length > 0) throw new Error(`The settings are not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return settings as EnvironmentSettings;
}

/** Faults in the combination of settings that are each valid. */
function faultsBetween({ redis, services, certificateArn, publicOrigin, mail }: EnvironmentSettings): string[] {
  const { kind, nodeType, shards, replicasPerShard, replicasToWaitFor } = redis;
  const isMemoryDb = kind === 'memorydb';
  const rules: [isWrong: boolean, fault: string][] = [
    [isMemoryDb !== nodeType.startsWith('db.'), `redis/nodeType must begin with ${isMemoryDb ? 'db.' : 'cache.'}`],
    [kind === 'single' && replicasPerShard > 0, 'redis/replicasPerShard must be 0 for a single node'],
    [kind === 'replicas' && replicasPerShard === 0, 'redis/replicasPerShard must be 1 or more'],
    [(kind === 'single' || kind === 'replicas') && shards > 1, 'redis/shards must be 1 unless kind is cluster or memorydb'],
    [kind === 'cluster' && replicasPerShard === 0, 'redis/replicasPerShard must be 1 or more'],
    [replicasToWaitFor > replicasPerShard, 'redis/replicasToWaitFor must be at most replicasPerShard'],
    [
      isMemoryDb && replicasToWaitFor > 0,
      'redis/replicasToWaitFor must be 0, because MemoryDB replies only after a write is durable',
    ],
    [
      certificateArn !== undefined && !publicOrigin?.startsWith('https:'),
      'publicOrigin must be the https origin of the certificate',
    ],
    [mail !== undefined && !isCovered(mail), 'mail/from must be an address of the identity in mail/identityArn'],
    ...Object.entries(services).flatMap(([name, { cpu, memoryMiB, minTasks, maxTasks }]): [boolean, string][] => [
      [maxTasks < minTasks, `services/${name}/maxTasks must be at least minTasks`],
      [memoryMiB < 2 * cpu || memoryMiB > 8 * cpu, `services/${name}/memoryMiB must be 2 to 8 times cpu`],
    ]),
  ];
  return rules.filter(([isWrong]) => isWrong).map(([, fault]) => fault);
}

/** Whether a verified identity, an address or a domain with all below it, covers an address. */
function isCovered({ from, identityArn }: { from: string; identityArn: string }): boolean {
  const identity = identityArn.replace(/^.*:identity\//, '');
  return from === identity || from.endsWith(`@${identity}`) || from.endsWith(`.${identity}`);
}
