import { describe, expect, it } from 'vitest';
import { environments, parseSettings, readSettings } from './settings.ts';

describe('the settings of an environment', () => {
  it.each(environments)('are right as they stand in %s.json', (environment) => {
    expect(() => readSettings(environment)).not.toThrow();
  });

  it('scale purchase from 3 to 6 tasks at 60 % in production, and the others from 1 to 3 at 70 %', () => {
    const { purchase, query, persistence } = readSettings('prod').services;
    expect(purchase).toMatchObject({ minTasks: 3, maxTasks: 6, cpuPercent: 60 });
    for (const service of [query, persistence]) expect(service).toMatchObject({ minTasks: 1, maxTasks: 3, cpuPercent: 70 });
  });

  const { redis, services, ...rest } = readSettings('dev');
  it.each([
    ['a region that there cannot be', { ...rest, redis, services, region: 'Virginia' }, 'region'],
    ['one that nobody knows', { ...rest, redis, services, colour: 'red' }, 'colour is not a known field'],
    ['none', {}, 'region is missing'],
    ['a single node with a replica', { ...rest, services, redis: { ...redis, replicasPerShard: 1 } }, 'redis/replicasPerShard'],
    ['replicas without one', { ...rest, services, redis: { ...redis, kind: 'replicas' } }, 'redis/replicasPerShard'],
    ['two shards of a single node', { ...rest, services, redis: { ...redis, shards: 2 } }, 'redis/shards'],
    [
      'a wait for a replica that there is not',
      { ...rest, services, redis: { ...redis, replicasToWaitFor: 1 } },
      'redis/replicasToWaitFor',
    ],
    ["MemoryDB on ElastiCache's nodes", { ...rest, services, redis: { ...redis, kind: 'memorydb' } }, 'redis/nodeType'],
    [
      'fewer tasks at most than at least',
      { ...rest, redis, services: { ...services, query: { ...services.query, minTasks: 3 } } },
      'services/query/maxTasks',
    ],
    [
      'less memory than Fargate has for so much processor',
      { ...rest, redis, services: { ...services, query: { ...services.query, cpu: 1024 } } },
      'services/query/memoryMiB',
    ],
  ])('are refused, and the one at fault is named: %s', (_what, settings, fault) => {
    expect(() => parseSettings(settings)).toThrow(fault);
  });
});
