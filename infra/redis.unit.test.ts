import { describe, expect, it } from 'vitest';
import type { EnvironmentSettings } from './settings.ts';
import { containerOf, synthesise, variable } from './testing.ts';

const text = (value: unknown) => JSON.stringify(value);

const node = { nodeType: 'cache.r7g.large', shards: 1, replicasPerShard: 0, replicasToWaitFor: 0 };
const kinds: [EnvironmentSettings['redis'], object, settings: object][] = [
  [{ ...node, kind: 'single' }, { num_cache_clusters: 1, automatic_failover_enabled: false }, { REDIS_CLUSTER: 'false' }],
  [
    { ...node, kind: 'replicas', replicasPerShard: 2, replicasToWaitFor: 2 },
    { num_cache_clusters: 3, automatic_failover_enabled: true, multi_az_enabled: true },
    { REDIS_CLUSTER: 'false', REDIS_REPLICAS_TO_WAIT_FOR: '2', REDIS_IS_DURABLE: 'false' },
  ],
  [
    { ...node, kind: 'cluster', shards: 3, replicasPerShard: 1 },
    { num_node_groups: 3, replicas_per_node_group: 1, automatic_failover_enabled: true },
    { REDIS_CLUSTER: 'true' },
  ],
  [
    { ...node, kind: 'memorydb', nodeType: 'db.r7g.large', shards: 2, replicasPerShard: 1 },
    { num_shards: 2, num_replicas_per_shard: 1, tls_enabled: true, kms_key_arn: '${aws_kms_key.key.arn}' },
    { REDIS_CLUSTER: 'true', REDIS_IS_DURABLE: 'true' },
  ],
];

describe.each(kinds)('a Redis of kind $kind', (redis, expected, settings) => {
  const { system } = synthesise('prod', { redis });
  const type = redis.kind === 'memorydb' ? 'aws_memorydb_cluster' : 'aws_elasticache_replication_group';

  it('is created as in the settings, encrypted, with a password, and never evicts keys', () => {
    expect(system.single(type)).toMatchObject(expected);
    if (redis.kind !== 'memorydb') {
      expect(system.single(type)).toMatchObject({
        at_rest_encryption_enabled: 'true',
        transit_encryption_enabled: true,
        kms_key_id: '${aws_kms_key.key.arn}',
        auth_token: '${random_password.redis-password.result}',
      });
    } else expect(text(system.single('aws_memorydb_user'))).toContain('${random_password.redis-password.result}');
    const parameters = system.types.find((one) => /^aws_(elasticache|memorydb)_parameter_group$/.test(one)) ?? '';
    expect(text(system.single(parameters)['parameter'])).toContain('{"name":"maxmemory-policy","value":"noeviction"}');
  });

  it('matches the settings of purchase', () => {
    const { environment } = containerOf(system, 'purchase');
    expect(Object.fromEntries(environment.map(({ name, value }) => [name, value]))).toMatchObject(settings);
    expect(variable(containerOf(system, 'purchase'), 'REDIS_URL')).toMatch(/^rediss:/);
  });

  it('has an alarm for each node, or for the whole cluster', () => {
    const alarm = text(system.all('aws_cloudwatch_metric_alarm')['redis-memory-alarm']);
    expect(alarm).toContain(redis.kind === 'memorydb' ? 'ClusterName' : 'CacheClusterId');
    const nodes = redis.shards * (1 + redis.replicasPerShard);
    if (redis.kind !== 'memorydb') expect(alarm.match(/CacheClusterId/g)).toHaveLength(nodes);
  });
});
