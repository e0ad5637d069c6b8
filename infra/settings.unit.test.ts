import { describe, expect, it } from 'vitest';
import { environments, parseSettings, readSettings } from './settings.ts';

describe('the settings of an environment', () => {
  it.each(environments)('are valid in %s.json', (environment) => {
    expect(() => readSettings(environment)).not.toThrow();
  });

  it('scale purchase from 3 to 6 tasks and checkout from 2 at 60 % in production, and the others from 1 to 3 at 70 %', () => {
    const { purchase, checkout, ...others } = readSettings('prod').services;
    expect(purchase).toMatchObject({ minTasks: 3, maxTasks: 6, cpuPercent: 60 });
    // If a zone fails, people who are paying still get their seats.
    expect(checkout).toMatchObject({ minTasks: 2, maxTasks: 6, cpuPercent: 60 });
    for (const service of Object.values(others)) expect(service).toMatchObject({ minTasks: 1, maxTasks: 3, cpuPercent: 70 });
  });

  const { redis, services, ...rest } = readSettings('dev');
  const mail = { from: 'tickets@mail.shop.example', identityArn: 'arn:aws:ses:eu-central-1:111111111111:identity/shop.example' };
  it('may name an identity for mail: an address, or a domain with all below it', () => {
    for (const from of ['tickets@shop.example', 'tickets@mail.shop.example'])
      expect(() => parseSettings({ ...rest, redis, services, mail: { ...mail, from } })).not.toThrow();
    const identityArn = `arn:aws:ses:eu-central-1:111111111111:identity/${mail.from}`;
    expect(() => parseSettings({ ...rest, redis, services, mail: { ...mail, identityArn } })).not.toThrow();
  });

  it.each([
    ['an impossible region', { ...rest, redis, services, region: 'Virginia' }, 'region'],
    ['an unknown setting', { ...rest, redis, services, colour: 'red' }, 'colour is not a known field'],
    ['no settings', {}, 'region is missing'],
    ['a single node with a replica', { ...rest, services, redis: { ...redis, replicasPerShard: 1 } }, 'redis/replicasPerShard'],
    ['kind replicas without a replica', { ...rest, services, redis: { ...redis, kind: 'replicas' } }, 'redis/replicasPerShard'],
    ['a single node with two shards', { ...rest, services, redis: { ...redis, shards: 2 } }, 'redis/shards'],
    [
      'waiting for a replica that does not exist',
      { ...rest, services, redis: { ...redis, replicasToWaitFor: 1 } },
      'redis/replicasToWaitFor',
    ],
    ['MemoryDB with an ElastiCache node type', { ...rest, services, redis: { ...redis, kind: 'memorydb' } }, 'redis/nodeType'],
    [
      'a maximum of tasks below the minimum',
      { ...rest, redis, services: { ...services, query: { ...services.query, minTasks: 3 } } },
      'services/query/maxTasks',
    ],
    [
      'less memory than Fargate allows for the CPU',
      { ...rest, redis, services: { ...services, query: { ...services.query, cpu: 1024 } } },
      'services/query/memoryMiB',
    ],
    [
      'a certificate without its origin',
      { ...rest, redis, services, certificateArn: 'arn:aws:acm:eu-central-1:111111111111:certificate/x' },
      'publicOrigin',
    ],
    [
      "providers' secrets themselves, in place of where they are",
      { ...rest, redis, services, oidcProvidersArn: '[{"id": "google", "clientSecret": "x"}]' },
      'oidcProvidersArn',
    ],
    ['a key of Stripe, in place of where it is', { ...rest, redis, services, stripeArn: 'sk_live_x' }, 'stripeArn'],
    ['mail from a foreign domain', { ...rest, redis, services, mail: { ...mail, from: 'a@other.example' } }, 'mail/from'],
    [
      'mail from a domain that only ends alike',
      { ...rest, redis, services, mail: { ...mail, from: 'a@notshop.example' } },
      'mail/from',
    ],
  ])('are rejected with the name of the invalid setting: %s', (_what, settings, fault) => {
    expect(() => parseSettings(settings)).toThrow(fault);
  });
});
