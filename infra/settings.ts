import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { listFaults } from '../services/shared/faults.ts';
import { patterned } from '../services/shared/patterned.ts';

const atLeast = (minimum: number, maximum: number, description: string) => Type.Integer({ minimum, maximum, description });
const strict = { additionalProperties: false };

/** What Fargate calls a core, in units of cpu. */
export const unitsOfCore = 1_024;

/** Tasks of a service; sizes are Fargate's (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html). */
const ServiceSettings = Type.Object(
  {
    cpu: Type.Enum([256, 512, 1024, 2048, 4096], { description: 'Units; 1024 are a core' }),
    memoryMiB: atLeast(512, 30_720, 'Memory of a task'),
    minTasks: atLeast(1, 100, 'Fewest tasks'),
    maxTasks: atLeast(1, 100, 'Most tasks'),
    cpuPercent: atLeast(10, 90, 'CPU use above which tasks are added'),
  },
  strict,
);

const EnvironmentSettings = Type.Object(
  {
    region: patterned('^[a-z]{2}(-[a-z]+)+-[0-9]$', 'must be a region, such as eu-central-1', { description: 'AWS region' }),
    availabilityZones: atLeast(2, 3, 'Zones that subnets, tasks and stores are spread over'),
    natGateways: Type.Enum(['one', 'one in each zone'], { description: 'One costs less; its zone takes the way out of all' }),
    encryptsInVpc: Type.Boolean({ description: 'Whether hardware encrypts what is not TLS: from the load balancer to tasks' }),
    architecture: Type.Enum(['ARM64', 'X86_64'], { description: 'Processors of the tasks, and so the platform of the images' }),
    certificateArn: Type.Optional(
      patterned('^arn:aws[a-z-]*:acm:', 'must be the ARN of a certificate: arn:aws:acm:…', {
        description: 'Certificate for HTTPS; without it, there is only HTTP',
      }),
    ),
    redis: Type.Object(
      {
        kind: Type.Enum(['single', 'replicas', 'cluster', 'memorydb'], { description: 'What a failover can lose: README.md' }),
        nodeType: patterned(
          '^(cache|db)\\.[a-z0-9]+\\.[a-z0-9]+$',
          'must be a node type, such as cache.r7g.large or db.r7g.large',
          {
            description: 'ElastiCache or MemoryDB type',
          },
        ),
        shards: atLeast(1, 50, 'Masters that events are spread over'),
        replicasPerShard: atLeast(0, 5, 'Replicas of each master'),
        replicasToWaitFor: atLeast(0, 5, 'REDIS_REPLICAS_TO_WAIT_FOR of purchase'),
      },
      strict,
    ),
    database: Type.Object(
      {
        instanceClass: patterned('^db\\.[a-z0-9]+\\.[a-z0-9]+$', 'must be an instance class, such as db.r7g.large', {
          description: 'Class of the writer and its readers',
        }),
        readers: atLeast(1, 15, 'Readers; the first of them follows the writer'),
        connectionsAlarm: atLeast(10, 16_000, 'Connections of one instance that are too many'),
        backupDays: atLeast(1, 35, 'Days that backups are kept'),
      },
      strict,
    ),
    services: Type.Object({ purchase: ServiceSettings, query: ServiceSettings, persistence: ServiceSettings }, strict),
    requestsPerAddress: atLeast(100, 2_000_000, 'Requests of one address in five minutes; more are blocked'),
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
      description: 'Who hears of alarms',
    }),
    isProtected: Type.Boolean({ description: 'Whether stores refuse to be deleted, and leave a snapshot behind' }),
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

/** The environments that are synthesised: each has a file in environments/. */
export const environments = ['dev', 'prod'] as const;
export type Environment = (typeof environments)[number];

/** The settings of an environment; throws as parseSettings. */
export const readSettings = (environment: Environment): EnvironmentSettings =>
  parseSettings(JSON.parse(readFileSync(new URL(`environments/${environment}.json`, import.meta.url), 'utf8')));

/** Checks settings. Throws one error that names every setting at fault. */
export function parseSettings(settings: unknown): EnvironmentSettings {
  const faults = Value.Check(EnvironmentSettings, settings)
    ? faultsBetween(settings)
    : listFaults(Value.Errors(EnvironmentSettings, settings)).map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`);
  if (faults.length > 0) throw new Error(`The settings are not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  return settings as EnvironmentSettings;
}

/** What is wrong with settings that are right one by one. */
function faultsBetween({ redis, services }: EnvironmentSettings): string[] {
  const { kind, nodeType, shards, replicasPerShard, replicasToWaitFor } = redis;
  const isMemoryDb = kind === 'memorydb';
  const rules: [isWrong: boolean, fault: string][] = [
    [isMemoryDb !== nodeType.startsWith('db.'), `redis/nodeType must begin with ${isMemoryDb ? 'db.' : 'cache.'}`],
    [kind === 'single' && replicasPerShard > 0, 'redis/replicasPerShard must be 0 for a single node'],
    [kind === 'replicas' && replicasPerShard === 0, 'redis/replicasPerShard must be 1 or more'],
    [(kind === 'single' || kind === 'replicas') && shards > 1, 'redis/shards must be 1, unless it is a cluster'],
    [kind === 'cluster' && replicasPerShard === 0, 'redis/replicasPerShard must be 1 or more'],
    [replicasToWaitFor > replicasPerShard, 'redis/replicasToWaitFor must not be more than there are'],
    [isMemoryDb && replicasToWaitFor > 0, 'redis/replicasToWaitFor must be 0: MemoryDB answers when its log has a write'],
    ...Object.entries(services).flatMap(([name, { cpu, memoryMiB, minTasks, maxTasks }]): [boolean, string][] => [
      [maxTasks < minTasks, `services/${name}/maxTasks must not be less than minTasks`],
      [memoryMiB < 2 * cpu || memoryMiB > 8 * cpu, `services/${name}/memoryMiB must be 2 to 8 for each unit of cpu`],
    ]),
  ];
  return rules.filter(([isWrong]) => isWrong).map(([, fault]) => fault);
}
